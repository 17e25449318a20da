"""The list of my series over HTTP."""

import pytest

from accounts.models import User
from events.models import Event
from events.series.endings import delete_series
from events.services.events import cancel_event
from tests.client import Api, refusal
from tests.factories import EventFactory, TagFactory, UserFactory, end
from tests.reviews.past import reviewed
from tests.rsvp.dates import series_with

pytestmark = pytest.mark.both


def test_each_is_the_same_as_alone(as_olive: Api, olive: User) -> None:
    tags = TagFactory.create_batch(2)
    jazz, dates = series_with(olive, 5, 5, 5, tags=tags)
    chess, _ = series_with(olive, 2, title="Chess", status="draft")
    over, [only] = series_with(olive, None)
    end(dates[0])
    reviewed(dates[0], 4, 2)
    cancel_event(event_id=dates[1].pk)
    Event.objects.filter(pk=only.pk).update(start_time=only.created_at)
    page = as_olive.get("/series/")
    assert page["results"] == [
        as_olive.get(f"/series/{series.pk}/") for series in (over, chess, jazz)
    ]
    shown = page["results"][2]
    assert (shown["next_date"]["id"], shown["average_rating"], shown["review_count"]) == (
        dates[2].pk,
        3.0,
        2,
    )
    assert page["results"][0]["next_date"] is None


def test_those_of_others_and_deleted_ones_are_left_out(as_olive: Api, olive: User) -> None:
    mine, _ = series_with(olive, 5)
    deleted, _ = series_with(olive, 5)
    delete_series(series_id=deleted.pk)
    series_with(UserFactory.create(is_organizer=True), 5)
    EventFactory.create(created_by=olive)
    assert [series["id"] for series in as_olive.get("/series/")["results"]] == [mine.pk]


def test_list_has_pages(as_olive: Api, olive: User) -> None:
    first, *_ = [series_with(olive, 5)[0] for _ in range(3)]
    page = as_olive.get("/series/", limit=2, page=2)
    assert page["count"] == 3
    assert [series["id"] for series in page["results"]] == [first.pk]


def test_person_without_series_gets_an_empty_list(as_ada: Api) -> None:
    assert as_ada.get("/series/")["results"] == []


def test_list_requires_login(as_nobody: Api) -> None:
    assert refusal(as_nobody.get("/series/", expect=401)) == ("not_authenticated",)
