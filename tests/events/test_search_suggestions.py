"""Suggestions of titles."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Event
from events.search import suggestions
from events.services.events import cancel_event, delete_event
from tests.client import Api, refusal
from tests.factories import EventFactory, begin, end

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def suggested(api: Api, typed: str) -> list[str]:
    titles: list[str] = api.get("/events/suggest/", q=typed)["results"]
    return titles


def on_day(title: str, days: int) -> None:
    start = timezone.now() + timedelta(days=days)
    EventFactory.create(title=title, start_time=start, end_time=start + timedelta(hours=1))


def test_any_word_can_match_and_the_soonest_come_first(as_ada: Api) -> None:
    on_day("Late Jazz", 3)
    on_day("Jazz Session", 2)
    on_day("(Jazz)", 4)
    on_day("Bejazzled", 1)
    assert suggested(as_ada, "ja") == ["Jazz Session", "Late Jazz", "(Jazz)"]


@pytest.mark.parametrize("typed", ["f", "fe", "fête", "FETE IN", "fete in zu", "zür", "(fête"])
def test_beginnings_match_in_any_length_case_and_accent(as_ada: Api, typed: str) -> None:
    EventFactory.create(title="Fête in Zürich")
    EventFactory.create(title="Chess")
    assert suggested(as_ada, typed) == ["Fête in Zürich"]


def test_each_title_is_suggested_once_in_any_case(as_ada: Api) -> None:
    on_day("Jazz Night", 1)
    on_day("JAZZ NIGHT", 2)
    on_day("Jazz Day", 3)
    assert suggested(as_ada, "jazz") == ["Jazz Night", "Jazz Day"]


def test_only_listed_future_events_are_suggested(as_ada: Api, as_olive: Api) -> None:
    EventFactory.create(title="Jazz draft", status=Event.Status.DRAFT)
    cancel_event(event_id=EventFactory.create(title="Jazz cancelled").pk)
    delete_event(event_id=EventFactory.create(title="Jazz deleted").pk)
    end(EventFactory.create(title="Jazz over"))
    begin(EventFactory.create(title="Jazz now"))
    assert suggested(as_ada, "jazz") == ["Jazz now"]


def test_at_most_ten_are_suggested(as_ada: Api) -> None:
    for number in range(12):
        on_day(f"Jazz {number:02}", number + 1)
    assert suggested(as_ada, "jazz") == [f"Jazz {number:02}" for number in range(10)]


def test_reading_is_bounded(as_ada: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "_READ", 2)
    for number in range(3):
        on_day("Jazz Night", number + 1)
    on_day("Jazz Day", 9)
    assert suggested(as_ada, "jazz") == ["Jazz Night"]


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "\\", "'", '"', ".*", "(", "[", "٪", "％"])
def test_signs_alone_suggest_nothing(as_ada: Api, typed: str) -> None:
    EventFactory.create(title="100% Jazz_Night \\o/ ('x') [y] 🎉")
    assert suggested(as_ada, typed) == []


@pytest.mark.parametrize(
    "typed", ["j%", "j_zz", "j.zz", "jazz|chess", "j(a", "j[a", "j\\", "j*", "j$"]
)
def test_signs_are_escaped(as_ada: Api, typed: str) -> None:
    EventFactory.create(title="Jazz")
    assert suggested(as_ada, typed) == []
    EventFactory.create(title=f"Free {typed} today")
    assert suggested(as_ada, typed) == [f"Free {typed} today"]


def test_empty_query_suggests_nothing(as_ada: Api, event: Event) -> None:
    assert as_ada.get("/events/suggest/") == {"results": []}


@pytest.mark.parametrize(
    ("typed", "code"), [("x" * 257, "max_length"), ("\x00", "null_characters_not_allowed")]
)
def test_invalid_parameter_is_named(as_ada: Api, typed: str, code: str) -> None:
    assert refusal(as_ada.get("/events/suggest/", q=typed, expect=400)) == (("q", code),)


def test_anonymous_request_is_401(as_nobody: Api) -> None:
    as_nobody.get("/events/suggest/", q="jazz", expect=401)
