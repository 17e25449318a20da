"""Every edit to an earlier end is recorded, and delays reviews by an hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from events.exceptions import EventEnded
from events.models import Event
from events.services.events import update_event
from tests.client import Api
from tests.events.book_club import NOW, four_dates
from tests.events.test_admin import change_page, form
from tests.factories import begin, end


@pytest.fixture
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def pulled_in(event: Event) -> datetime | None:
    return Event.objects.get(pk=event.pk).end_pulled_in_at


def by(event: Event, **sooner: float) -> dict[str, Any]:
    [end_time] = Event.objects.filter(pk=event.pk).values_list("end_time", flat=True)
    return {"end_time": end_time - timedelta(**sooner)}


class TestOneEvent:
    def test_earlier_end_is_recorded(self, as_olive: Api, event: Event) -> None:
        before = timezone.now()
        change = {"end_time": by(event, minutes=30)["end_time"].isoformat()}
        as_olive.patch(f"/events/{event.pk}/", change)
        edited_at = pulled_in(event)
        assert edited_at
        assert before <= edited_at <= timezone.now()

    def test_event_moved_earlier_is_recorded(self, event: Event) -> None:
        sooner = timedelta(days=2)
        times = {"start_time": event.start_time - sooner, "end_time": event.end_time - sooner}
        update_event(event_id=event.pk, changes=times)
        assert pulled_in(event)

    @pytest.mark.parametrize(
        "changes", [{"title": "Other"}, {"timezone": "Asia/Tokyo"}, {"max_attendees": 9}]
    )
    def test_other_changes_are_not_recorded(self, event: Event, changes: dict[str, Any]) -> None:
        update_event(event_id=event.pk, changes=changes)
        assert pulled_in(event) is None

    def test_later_end_is_not_recorded(self, event: Event) -> None:
        update_event(event_id=event.pk, changes=by(event, minutes=-30))
        assert pulled_in(event) is None

    def test_later_end_keeps_the_record(self, event: Event) -> None:
        update_event(event_id=event.pk, changes=by(event, minutes=30))
        edited_at = pulled_in(event)
        update_event(event_id=event.pk, changes=by(event, minutes=-10))
        assert pulled_in(event) == edited_at

    def test_end_in_the_past_is_recorded(self, event: Event) -> None:
        begin(event)
        update_event(event_id=event.pk, changes=by(event, minutes=90))
        assert pulled_in(event)

    def test_edit_of_a_past_event_is_not_recorded(self, event: Event) -> None:
        """Otherwise an edit every hour could keep reviews closed."""
        end(event)
        with pytest.raises(EventEnded):
            update_event(event_id=event.pk, changes=by(event, minutes=5))
        assert pulled_in(event) is None

    def test_copy_has_no_record(self, as_olive: Api, event: Event) -> None:
        update_event(event_id=event.pk, changes=by(event, minutes=30))
        copy = as_olive.post(f"/events/{event.pk}/copy/")
        assert Event.objects.get(pk=copy["id"]).end_pulled_in_at is None


@pytest.mark.usefixtures("_clock")
class TestSeries:
    @pytest.mark.parametrize(
        ("scope", "edited"), [("this", [1]), ("following", [1, 2, 3]), ("all", [0, 1, 2, 3])]
    )
    def test_each_date_that_ends_earlier_is_recorded(
        self, as_olive: Api, scope: str, edited: list[int]
    ) -> None:
        _, ids = four_dates(as_olive)
        change = {"end_time": "2027-01-19T20:30:00"}
        as_olive.patch(f"/events/{ids[1]}/?scope={scope}", change)
        times = [Event.objects.get(pk=pk).end_pulled_in_at for pk in ids]
        assert times == [NOW if number in edited else None for number in range(4)]

    def test_edit_of_the_series_is_recorded(self, as_olive: Api) -> None:
        series, _ = four_dates(as_olive)
        as_olive.patch(f"/series/{series}/", {"end_time": "2027-01-12T20:30:00"})
        assert set(Event.objects.values_list("end_pulled_in_at", flat=True)) == {NOW}

    def test_longer_dates_are_not_recorded(self, as_olive: Api) -> None:
        _, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"end_time": "2027-01-12T22:00:00"})
        assert set(Event.objects.values_list("end_pulled_in_at", flat=True)) == {None}


def test_edit_in_the_admin_is_recorded(admin_page: Any, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(
        start_time=datetime(2027, 5, 1, 19, tzinfo=UTC),
        end_time=datetime(2027, 5, 1, 22, tzinfo=UTC),
    )
    event.refresh_from_db()
    admin_page(change_page(event), form(event, **by(event, hours=1)))
    assert pulled_in(event)
