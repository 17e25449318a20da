"""No-shows and rates: only where check-in was used, and never of cancelled events."""

import csv
from typing import Any

import pytest

from accounts.models import User
from analytics.selectors import events_seen_by, of_event, overview
from events.models import Event
from rsvp.check_in import close_check_in
from rsvp.services import join_event, leave_event
from tests.analytics.world import ALWAYS
from tests.client import Api
from tests.factories import CategoryFactory, end, fill
from tests.rsvp.check_in_helpers import let_in, open_event

pytestmark = pytest.mark.both


@pytest.fixture
def event(olive: User) -> Event:
    """Four have seats, and one of them was scanned; it is over."""
    event = open_event(created_by=olive, max_attendees=5, category=CategoryFactory.create())
    crowd = fill(event, 4)
    let_in(event, crowd[0], olive)
    end(event)
    event.refresh_from_db()
    return event


def numbers(olive: User) -> dict[str, Any]:
    return overview(events_seen_by(olive), ALWAYS)


def lines(api: Api) -> list[dict[str, str]]:
    response: Any = api.client.get("/api/analytics/overview/?format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


class TestOneScan:
    def test_says_nothing_of_no_shows(self, as_olive: Api, olive: User, event: Event) -> None:
        """Three people who were never looked for counted as absent."""
        for told in (of_event(event, ALWAYS), numbers(olive)):
            assert (told["totals"]["arrived"], told["totals"]["no_shows"]) == (1, None)
            assert told["show_up_rate"] is None
        assert [line["no_shows"] for line in lines(as_olive)] == [""]

    def test_counts_once_check_in_is_closed(self, as_olive: Api, olive: User, event: Event) -> None:
        close_check_in(event_id=event.pk)
        for told in (of_event(event, ALWAYS), numbers(olive)):
            assert (told["totals"]["no_shows"], told["show_up_rate"]) == (3, 0.25)
        assert [line["no_shows"] for line in lines(as_olive)] == ["3"]

    def test_leaves_the_events_with_check_in_their_rate(self, olive: User, event: Event) -> None:
        used = open_event(created_by=olive)
        crowd = fill(used, 2)
        let_in(used, crowd[0], olive)
        end(used)
        told = numbers(olive)
        assert (told["totals"]["no_shows"], told["show_up_rate"]) == (1, 0.5)

    def test_closed_check_in_counts_before_the_end(self, olive: User) -> None:
        on = open_event(created_by=olive)
        fill(on, 2)
        close_check_in(event_id=on.pk)
        assert of_event(on, ALWAYS)["totals"]["no_shows"] == 2


class TestCancelled:
    @pytest.fixture(autouse=True)
    def _cancelled(self, event: Event) -> None:
        """Check-in was used, and seats were taken: each rate would have a number."""
        close_check_in(event_id=event.pk)
        Event.objects.filter(pk=event.pk).update(status=Event.Status.CANCELLED)
        event.refresh_from_db()

    def test_has_no_rates(self, event: Event) -> None:
        told = of_event(event, ALWAYS)
        rates = [told[name] for name in ("fill_rate", "show_up_rate", "cancellation_rate")]
        assert rates == [None, None, None]
        assert told["totals"]["no_shows"] is None
        assert (told["waitlist"]["conversion"], told["returning"]["rate"]) == (None, None)
        assert (told["totals"]["going"], told["totals"]["arrived"]) == (4, 1)

    def test_is_in_no_rate_of_the_overview(self, olive: User, event: Event, ada: User) -> None:
        held = open_event(created_by=olive, max_attendees=2)
        fill(held, 1)
        join_event(event_id=held.pk, attendee=ada)
        leave_event(event_id=held.pk, attendee=ada)
        told = numbers(olive)
        assert (told["fill_rate"], told["show_up_rate"]) == (0.5, None)
        assert told["cancellation_rate"] == 0.5
        assert told["returning"] == {"people": 1, "returning": 0, "rate": 0.0}
        assert [each["event"]["id"] for each in told["fill_by_event"]] == [held.pk]
        assert [each["events"] for each in told["best_hours"]] == [1]
        assert [each["category"] for each in told["best_categories"]] == [None]
        assert (told["events"], told["totals"]["going"], told["totals"]["no_shows"]) == (2, 5, None)

    def test_waitlist_is_in_no_rate(self, olive: User) -> None:
        full = open_event(created_by=olive, max_attendees=1)
        fill(full, 2)
        assert numbers(olive)["waitlist"]["joined"] == 1
        Event.objects.filter(pk=full.pk).update(status=Event.Status.CANCELLED)
        told = numbers(olive)
        assert told["waitlist"] == {"joined": 0, "promoted": 0, "conversion": None}
        assert told["cancellation_rate"] is None

    def test_has_no_rates_in_the_file(self, as_olive: Api) -> None:
        [line] = lines(as_olive)
        assert (line["fill_rate"], line["no_shows"], line["arrived"]) == ("", "", "1")
