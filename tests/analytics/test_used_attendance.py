"""No-shows and rates exist for events that used check-in, but not for cancelled ones."""

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
    """Return a past event with four people going, one of whom has checked in."""
    event = open_event(created_by=olive, max_attendees=5, category=CategoryFactory.create())
    crowd = fill(event, 4)
    let_in(event, crowd[0], olive)
    end(event)
    event.refresh_from_db()
    return event


def numbers_of(olive: User) -> dict[str, Any]:
    return overview(events_seen_by(olive), ALWAYS)


def lines(api: Api) -> list[dict[str, str]]:
    response: Any = api.client.get("/api/analytics/overview/?format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


class TestOneScan:
    def test_no_shows_are_unknown(self, as_olive: Api, olive: User, event: Event) -> None:
        """Before, three people that were never checked counted as absent."""
        for numbers in (of_event(event, ALWAYS), numbers_of(olive)):
            assert (numbers["totals"]["arrived"], numbers["totals"]["no_shows"]) == (1, None)
            assert numbers["show_up_rate"] is None
        assert [line["no_shows"] for line in lines(as_olive)] == [""]

    def test_no_shows_count_once_check_in_is_closed(
        self, as_olive: Api, olive: User, event: Event
    ) -> None:
        close_check_in(event_id=event.pk)
        for numbers in (of_event(event, ALWAYS), numbers_of(olive)):
            assert (numbers["totals"]["no_shows"], numbers["show_up_rate"]) == (3, 0.25)
        assert [line["no_shows"] for line in lines(as_olive)] == ["3"]

    def test_rate_of_other_events_is_unchanged(self, olive: User, event: Event) -> None:
        used = open_event(created_by=olive)
        crowd = fill(used, 2)
        let_in(used, crowd[0], olive)
        end(used)
        numbers = numbers_of(olive)
        assert (numbers["totals"]["no_shows"], numbers["show_up_rate"]) == (1, 0.5)

    def test_no_shows_count_before_the_end_once_check_in_is_closed(self, olive: User) -> None:
        current = open_event(created_by=olive)
        fill(current, 2)
        close_check_in(event_id=current.pk)
        assert of_event(current, ALWAYS)["totals"]["no_shows"] == 2


class TestCancelled:
    @pytest.fixture(autouse=True)
    def _cancelled(self, event: Event) -> None:
        """Cancel the event after check-in. Without that, all rates would have numbers."""
        close_check_in(event_id=event.pk)
        Event.objects.filter(pk=event.pk).update(status=Event.Status.CANCELLED)
        event.refresh_from_db()

    def test_event_has_no_rates(self, event: Event) -> None:
        numbers = of_event(event, ALWAYS)
        rates = [numbers[name] for name in ("fill_rate", "show_up_rate", "cancellation_rate")]
        assert rates == [None, None, None]
        assert numbers["totals"]["no_shows"] is None
        assert (numbers["waitlist"]["conversion"], numbers["returning"]["rate"]) == (None, None)
        assert (numbers["totals"]["going"], numbers["totals"]["arrived"]) == (4, 1)

    def test_overview_leaves_the_event_out_of_all_rates(
        self, olive: User, event: Event, ada: User
    ) -> None:
        held = open_event(created_by=olive, max_attendees=2)
        fill(held, 1)
        join_event(event_id=held.pk, attendee=ada)
        leave_event(event_id=held.pk, attendee=ada)
        numbers = numbers_of(olive)
        assert (numbers["fill_rate"], numbers["show_up_rate"]) == (0.5, None)
        assert numbers["cancellation_rate"] == 0.5
        assert numbers["returning"] == {"people": 1, "returning": 0, "rate": 0.0}
        assert [row["event"]["id"] for row in numbers["fill_by_event"]] == [held.pk]
        assert [row["events"] for row in numbers["best_hours"]] == [1]
        assert [row["category"] for row in numbers["best_categories"]] == [None]
        assert (numbers["events"], numbers["totals"]["going"], numbers["totals"]["no_shows"]) == (
            2,
            5,
            None,
        )

    def test_overview_leaves_the_waitlist_out(self, olive: User) -> None:
        full = open_event(created_by=olive, max_attendees=1)
        fill(full, 2)
        assert numbers_of(olive)["waitlist"]["joined"] == 1
        Event.objects.filter(pk=full.pk).update(status=Event.Status.CANCELLED)
        numbers = numbers_of(olive)
        assert numbers["waitlist"] == {"joined": 0, "promoted": 0, "conversion": None}
        assert numbers["cancellation_rate"] is None

    def test_file_has_no_rates(self, as_olive: Api) -> None:
        [line] = lines(as_olive)
        assert (line["fill_rate"], line["no_shows"], line["arrived"]) == ("", "", "1")
