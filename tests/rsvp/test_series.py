"""One RSVP for all future dates of a series."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from events.exceptions import SeriesCancelled, SeriesNotFound, SeriesOver
from events.models import Event, Series, Tally
from events.services.events import cancel_event, delete_event
from rsvp.exceptions import AccountInactive, RsvpNotFound
from rsvp.models import Rsvp, RsvpChange
from rsvp.services import (
    DateOutcome,
    join_event,
    join_series,
    leave_series,
    mark_interested_in_series,
)
from tests.factories import begin, fill
from tests.invariants import check_invariants
from tests.rsvp.dates import series_with

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def _counts_hold() -> Iterator[None]:
    yield
    check_invariants()


def statuses_of(outcomes: list[DateOutcome]) -> list[str]:
    """Return the status at each date, or the code of its refusal."""
    return [
        outcome.refusal.code if outcome.refusal else outcome.rsvp.status for outcome in outcomes
    ]


def rows(person: User) -> list[tuple[int, str, int]]:
    mine = Rsvp.objects.filter(user=person).order_by("event__start_time")
    return list(mine.values_list("event_id", "status", "guests"))


def join(series: Series, person: User, **more: Any) -> list[str]:
    return statuses_of(join_series(series_id=series.pk, attendee=person, **more))


class TestJoining:
    def test_each_date_is_judged_by_its_own_seats(self, olive: User, ada: User) -> None:
        series, dates = series_with(olive, 2, 1, None)
        fill(dates[1], 1)
        assert join(series, ada) == ["going", "waitlisted", "going"]
        assert [row[1] for row in rows(ada)] == ["going", "waitlisted", "going"]

    def test_dates_come_in_order_of_start(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 2, 2)
        later = second.start_time + timedelta(days=30)
        Event.objects.filter(pk=first.pk).update(
            start_time=later, end_time=later + timedelta(hours=1)
        )
        outcomes = join_series(series_id=series.pk, attendee=ada)
        assert [outcome.event for outcome in outcomes] == [second, first]

    def test_repeating_changes_nothing(self, olive: User, ada: User) -> None:
        series, dates = series_with(olive, 2, 1)
        fill(dates[1], 1)
        join(series, ada, guests=0)
        before = list(Rsvp.objects.order_by("pk").values())
        assert join(series, ada, guests=0) == ["going", "waitlisted"]
        assert list(Rsvp.objects.order_by("pk").values()) == before
        assert RsvpChange.objects.filter(rsvp__user=ada).count() == 2

    def test_earlier_rsvps_are_kept_and_changed(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 5, 5)
        join_event(event_id=second.pk, attendee=ada, guests=2)
        join(series, ada, guests=1)
        assert rows(ada) == [(first.pk, "going", 1), (second.pk, "going", 1)]

    def test_party_is_kept_when_guests_are_omitted(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 5, 5)
        join_event(event_id=second.pk, attendee=ada, guests=2)
        join(series, ada)
        assert rows(ada) == [(first.pk, "going", 0), (second.pk, "going", 2)]

    def test_refused_date_keeps_the_others(self, olive: User, ada: User) -> None:
        series, (first, _, third) = series_with(olive, 3, 1, 3)
        assert join(series, ada, guests=1) == ["going", "party_too_large", "going"]
        assert rows(ada) == [(first.pk, "going", 1), (third.pk, "going", 1)]

    def test_holder_who_requests_too_much_keeps_the_seats(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 2, 2)
        join(series, ada)
        fill(second, 1)
        assert join(series, ada, guests=1) == ["going", "event_full"]
        assert rows(ada) == [(first.pk, "going", 1), (second.pk, "going", 0)]

    def test_rsvp_without_waiting_is_refused_at_full_dates(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 2, 1)
        fill(second, 1)
        assert join(series, ada, may_wait=False) == ["going", "event_full"]
        assert rows(ada) == [(first.pk, "going", 0)]
        assert Tally.objects.get(pk=second.pk).next_in_line == 1

    def test_waiting_person_who_turns_waiting_off_keeps_the_place(
        self, olive: User, ada: User
    ) -> None:
        series, (event,) = series_with(olive, 3)
        fill(event, 2)
        join(series, ada, guests=1)
        fill(event, 1)
        assert join(series, ada, guests=2, may_wait=False) == ["event_full"]
        assert Rsvp.objects.get(user=ada).line_no == 1

    def test_smaller_waiting_party_is_seated_without_waiting(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 2, 2)
        for event in (first, second):
            fill(event, 1)
        join(series, ada, guests=1)
        fill(second, 1)  # waits behind; so the single seat stays free for Ada
        assert join(series, ada, guests=0, may_wait=False) == ["going", "going"]
        assert rows(ada) == [(first.pk, "going", 0), (second.pk, "going", 0)]

    def test_leaving_the_first_waitlist_place_promotes_others(self, olive: User, ada: User) -> None:
        series, (event,) = series_with(olive, 3)
        fill(event, 2)
        join(series, ada, guests=1)
        [behind] = fill(event, 1)
        assert join(series, ada, guests=2) == ["waitlisted"]
        assert rows(behind) == [(event.pk, "going", 0)]

    def test_dates_that_are_added_later_get_no_rsvp(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 2, 2)
        Event.objects.filter(pk=second.pk).update(series=None, series_day=None)
        join(series, ada)
        Event.objects.filter(pk=second.pk).update(series=series, series_day=second.series_day)
        assert rows(ada) == [(first.pk, "going", 0)]

    def test_only_open_dates_get_an_rsvp(self, olive: User, ada: User) -> None:
        series, (begun, cancelled, deleted, draft, open_one) = series_with(olive, *[2] * 5)
        begin(begun)
        cancel_event(event_id=cancelled.pk)
        delete_event(event_id=deleted.pk)
        Event.objects.filter(pk=draft.pk).update(status="draft")
        assert join(series, ada) == ["going"]
        assert rows(ada) == [(open_one.pk, "going", 0)]

    def test_inactive_person_is_refused(self, olive: User, ada: User) -> None:
        series, _ = series_with(olive, 2)
        deactivate(user=ada)
        with pytest.raises(AccountInactive):
            join(series, ada)

    def test_hundreds_of_dates_get_an_rsvp(self, olive: User, ada: User) -> None:
        series, dates = series_with(olive, 5)
        [model] = dates
        assert model.series_day
        Event.objects.bulk_create(
            Event(
                series=series,
                series_day=model.series_day + timedelta(days=day),
                start_time=model.start_time + timedelta(days=day),
                end_time=model.end_time + timedelta(days=day),
                title="Jazz",
                location="Town hall",
                created_by=olive,
            )
            for day in range(1, 366)
        )
        others = Event.objects.filter(series=series).exclude(pk=model.pk)
        Tally.objects.bulk_create(Tally(event=event, max_attendees=1) for event in others)
        assert join(series, ada, guests=1) == ["going"] + ["party_too_large"] * 365
        assert set(join(series, ada, guests=0)) == {"going"}
        leave_series(series_id=series.pk, attendee=ada)
        assert Rsvp.objects.filter(user=ada, status="cancelled").count() == 366


class TestInterest:
    def test_interest_is_noted_at_every_date(self, olive: User, ada: User) -> None:
        series, dates = series_with(olive, 1, 1)
        outcomes = mark_interested_in_series(series_id=series.pk, attendee=ada, guests=1)
        assert statuses_of(outcomes) == ["interested", "interested"]
        assert rows(ada) == [(event.pk, "interested", 1) for event in dates]

    def test_interest_gives_seats_to_the_waitlist(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 1, 1)
        join(series, ada)
        [waiting] = fill(second, 1)
        mark_interested_in_series(series_id=series.pk, attendee=ada)
        assert rows(waiting) == [(second.pk, "going", 0)]
        assert Tally.objects.get(pk=first.pk).going == 0


class TestLeaving:
    def test_every_seat_goes_to_the_waitlist(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 1, 2)
        join(series, ada)
        [heir] = fill(first, 1)
        outcomes = leave_series(series_id=series.pk, attendee=ada)
        assert statuses_of(outcomes) == ["cancelled", "cancelled"]
        assert rows(heir) == [(first.pk, "going", 0)]
        assert Tally.objects.get(pk=second.pk).going == 0

    def test_leaving_twice_is_no_error(self, olive: User, ada: User) -> None:
        series, _ = series_with(olive, 1, 2)
        join(series, ada)
        for _ in range(2):
            assert statuses_of(leave_series(series_id=series.pk, attendee=ada)) == ["cancelled"] * 2

    def test_dates_without_rsvp_are_left_out(self, olive: User, ada: User) -> None:
        series, (_, second) = series_with(olive, 1, 2)
        join_event(event_id=second.pk, attendee=ada)
        [outcome] = leave_series(series_id=series.pk, attendee=ada)
        assert outcome.event == second

    def test_stranger_has_nothing_to_leave(self, olive: User, sam: User) -> None:
        series, _ = series_with(olive, 1)
        with pytest.raises(RsvpNotFound):
            leave_series(series_id=series.pk, attendee=sam)

    def test_past_dates_are_kept(self, olive: User, ada: User) -> None:
        series, (first, second) = series_with(olive, 1, 1)
        join(series, ada)
        begin(first)
        leave_series(series_id=series.pk, attendee=ada)
        assert rows(ada) == [(first.pk, "going", 0), (second.pk, "cancelled", 0)]


class TestClosedSeries:
    @pytest.fixture(params=[join_series, mark_interested_in_series, leave_series])
    def service(self, request: pytest.FixtureRequest) -> Any:
        return request.param

    def test_draft_series_is_not_found(self, olive: User, ada: User, service: Any) -> None:
        series, _ = series_with(olive, 2, status="draft")
        with pytest.raises(SeriesNotFound):
            service(series_id=series.pk, attendee=ada)

    def test_deleted_series_is_not_found(self, olive: User, ada: User, service: Any) -> None:
        series, _ = series_with(olive, 2)
        Series.objects.update(deleted_at=timezone.now())
        with pytest.raises(SeriesNotFound):
            service(series_id=series.pk, attendee=ada)

    def test_unknown_series_is_not_found(self, ada: User, service: Any) -> None:
        with pytest.raises(SeriesNotFound):
            service(series_id=1, attendee=ada)

    def test_cancelled_series_is_refused(self, olive: User, ada: User, service: Any) -> None:
        series, _ = series_with(olive, 2)
        Series.objects.update(status="cancelled")
        with pytest.raises(SeriesCancelled):
            service(series_id=series.pk, attendee=ada)

    def test_past_series_is_refused(self, olive: User, ada: User, service: Any) -> None:
        series, [event] = series_with(olive, 2)
        begin(event)
        with pytest.raises(SeriesOver):
            service(series_id=series.pk, attendee=ada)
