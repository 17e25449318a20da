"""Check-ins at events that are moved: they belong to the date for which they were made."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate
from analytics.selectors import of_event
from events.models import Event
from events.services.events import update_event
from events.services.tallies import lock_tally
from rsvp.check_in import (
    Scan,
    admit_walk_in,
    check_in_all,
    close_check_in,
    confirm_walk_in,
    keep_former_times,
)
from rsvp.exceptions import CheckInClosed, HasArrived, NotCheckedIn, WalkInNotFound
from rsvp.models import CheckIn, FormerTimes, Rsvp
from rsvp.selectors import attendance_of
from rsvp.services import join_event, leave_event, mark_interested
from tests.analytics.world import ALWAYS
from tests.client import Api
from tests.events.test_admin import form
from tests.factories import EventFactory, fill, people
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import arrived, going, let_in, let_out, open_event, row, ticket

pytestmark = pytest.mark.slow

Status = Rsvp.Status
HOUR = timedelta(hours=1)


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


def moved(event: Event, by: timedelta) -> Event:
    """Move the event through the service and keep its length."""
    event.refresh_from_db()
    times = {name: getattr(event, name) + by for name in ("start_time", "end_time")}
    return update_event(event_id=event.pk, changes=times)


def opens_anew(event: Event) -> Event:
    """Set the start of the moved event to an hour from now, so that check-in is open."""
    start = timezone.now() + HOUR
    # The scans of the former date were made a day before that.
    for model in (CheckIn, FormerTimes):
        for stored in model.objects.all():
            name = "at" if model is CheckIn else "replaced_at"
            setattr(stored, name, getattr(stored, name) - timedelta(days=1))
            stored.save()
    Event.objects.filter(pk=event.pk).update(start_time=start, end_time=start + 2 * HOUR)
    event.refresh_from_db()
    return event


class TestLaterDate:
    @pytest.fixture(autouse=True)
    def _moved(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada, guests=1)
        let_in(event, ada, olive)
        moved(event, timedelta(days=7))

    def test_new_date_has_no_arrivals(self, as_olive: Api, event: Event) -> None:
        shown = as_olive.get(f"/events/{event.pk}/attendance/")
        assert (shown["arrived"], shown["missing"], shown["is_used"]) == (0, 2, False)
        [attendee] = as_olive.get(f"/events/{event.pk}/attendees/")["results"]
        assert (attendee["arrived"], attendee["checked_in_at"]) == (0, None)
        assert as_olive.get(f"/events/{event.pk}/attendees/", checked_in="true")["results"] == []
        check_invariants()

    def test_person_can_leave(self, event: Event, ada: User) -> None:
        """It was 409 `already_checked_in`, for an evening that had not come yet."""
        assert leave_event(event_id=event.pk, attendee=ada).status == Status.CANCELLED
        check_invariants()

    def test_person_can_become_interested(self, event: Event, ada: User) -> None:
        assert mark_interested(event_id=event.pk, attendee=ada)[0].status == Status.INTERESTED

    def test_party_can_shrink(self, event: Event, ada: User) -> None:
        assert join_event(event_id=event.pk, attendee=ada, guests=0)[0].guests == 0

    @pytest.mark.parametrize("way", ["deactivate", "erase"])
    def test_seats_of_an_ended_account_are_free(self, event: Event, ada: User, way: str) -> None:
        if way == "erase":
            erase(user_id=ada.pk)
        else:
            deactivate(user=ada)
        assert Rsvp.objects.get(event=event).status == Status.CANCELLED
        check_invariants()

    def test_undo_is_refused_on_the_new_date(self, event: Event, ada: User, olive: User) -> None:
        with pytest.raises(NotCheckedIn):
            let_out(event, ada, olive)

    def test_history_keeps_the_check_in(self, event: Event) -> None:
        [entry] = CheckIn.objects.filter(event=event)
        assert entry.people == 2
        assert entry.former_times
        assert entry.former_times.start_time == event.start_time

    def test_analytics_count_nobody(self, event: Event) -> None:
        event.refresh_from_db()
        report = of_event(event, ALWAYS)
        assert (report["totals"]["arrived"], report["arrivals"]) == (0, [])

    def test_person_sees_no_check_in(self, as_ada: Api, event: Event) -> None:
        assert as_ada.get(f"/events/{event.pk}/rsvp/")["checked_in_at"] is None

    def test_ticket_is_valid_on_the_new_day(self, as_ada: Api, as_olive: Api, event: Event) -> None:
        opens_anew(event)
        shown = as_ada.get(f"/events/{event.pk}/ticket/")
        assert shown["arrived"] == 0
        body = {"code": shown["code"]}
        assert as_olive.post(f"/events/{event.pk}/check-in/", body, expect=200)["arrived"] == 2
        assert arrived(event) == 2
        check_invariants()


class TestWays:
    """Check-in begins anew after any kind of move."""

    @pytest.fixture
    def event(self, olive: User) -> Event:
        """Return the first date of a weekly series, about to start."""
        start = timezone.now() + HOUR
        return EventFactory.create(
            created_by=olive, start_time=start, recurrence_pattern="FREQ=DAILY;COUNT=3"
        )

    @pytest.mark.parametrize("scope", ["this", "following", "all"])
    def test_api_with_any_scope(
        self, as_olive: Api, event: Event, olive: User, ada: User, scope: str
    ) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        times = {
            name: (getattr(event, name) + timedelta(hours=4)).isoformat()
            for name in ("start_time", "end_time")
        }
        as_olive.patch(f"/events/{event.pk}/?scope={scope}", times)
        assert (arrived(event), row(ada)[2]) == (0, 0)
        assert CheckIn.objects.get().former_times is not None
        check_invariants()

    def test_admin(
        self, admin_page: Callable[..., str], event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        times = {
            name: getattr(event, name) + timedelta(days=2) for name in ("start_time", "end_time")
        }
        admin_page(f"/events/event/{event.pk}/change/", form(event, **times))
        assert (arrived(event), row(ada)[2]) == (0, 0)

    @pytest.mark.parametrize("scope", ["this", "all"])
    def test_another_date_with_the_end_of_a_cancellation(
        self, as_olive: Api, event: Event, olive: User, ada: User, scope: str
    ) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        as_olive.patch(f"/events/{event.pk}/?scope={scope}", {"status": "cancelled"})
        start = (event.start_time + timedelta(hours=4)).isoformat()
        body = {"status": "published", "start_time": start}
        as_olive.patch(f"/events/{event.pk}/?scope={scope}", body)
        assert (arrived(event), row(ada)[2]) == (0, 0)
        leave_event(event_id=event.pk, attendee=ada)
        check_invariants()

    def test_dates_without_open_check_in_keep_nothing(
        self, as_olive: Api, event: Event, olive: User
    ) -> None:
        times = {
            name: (getattr(event, name) + timedelta(hours=4)).isoformat()
            for name in ("start_time", "end_time")
        }
        as_olive.patch(f"/events/{event.pk}/?scope=all", times)
        assert [former.event_id for former in FormerTimes.objects.all()] == [event.pk]


class TestCorrection:
    """A new time of the same evening leaves everyone where they are."""

    @pytest.mark.parametrize(
        "by",
        [
            pytest.param(timedelta(minutes=10), id="ten-minutes-later"),
            pytest.param(timedelta(minutes=55), id="check-in-still-open"),
            pytest.param(timedelta(minutes=-30), id="earlier"),
        ],
    )
    def test_arrivals_stay(self, event: Event, olive: User, ada: User, by: timedelta) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        moved(event, by)
        assert (arrived(event), row(ada)[2]) == (1, 1)
        with pytest.raises(HasArrived):
            leave_event(event_id=event.pk, attendee=ada)
        check_invariants()

    def test_small_move_keeps_arrivals_though_check_in_is_closed(
        self, olive: User, ada: User
    ) -> None:
        event = open_event(created_by=olive, start_time=timezone.now() + timedelta(minutes=119))
        going(event, ada)
        let_in(event, ada, olive)
        moved(event, timedelta(minutes=10))
        assert arrived(event) == 1

    def test_new_end_alone_keeps_arrivals(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        update_event(event_id=event.pk, changes={"end_time": event.end_time + timedelta(days=1)})
        assert arrived(event) == 1

    def test_start_so_late_that_check_in_begins_again_is_another_date(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        moved(event, timedelta(minutes=90))
        assert arrived(event) == 0

    def test_open_check_in_of_the_next_evening_is_another_date(
        self, olive: User, ada: User
    ) -> None:
        """Both windows are open when it is moved, but the first one has ended."""
        event = open_event(created_by=olive)
        going(event, ada)
        let_in(event, ada, olive)
        now = timezone.now()
        past = {"start_time": now - 5 * HOUR, "end_time": now - 3 * HOUR}
        Event.objects.filter(pk=event.pk).update(**past)
        event.refresh_from_db()
        event.start_time, event.end_time = now + HOUR, now + 3 * HOUR
        event.save()
        keep_former_times([(event, lock_tally(event.pk), past)])
        assert arrived(event) == 0


class TestWalkInsOfAFormerDate:
    def test_unconfirmed_walk_ins_give_up_their_seats(
        self, event: Event, olive: User, sam: User
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        moved(event, timedelta(days=1))
        assert row(sam) == ("cancelled", 0, 0, False)
        assert attendance_of(event)["going"] == 0
        with pytest.raises(WalkInNotFound):
            confirm_walk_in(event_id=event.pk, attendee=sam)
        check_invariants()

    def test_waitlist_place_is_restored_and_promoted(
        self, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        """The seats of the former date are free, and the first waiting parties get them."""
        crowd = fill(event, 10)
        waits_too = people(1)[0]
        for person in (ada, waits_too):
            going(event, person)
        Event.objects.filter(pk=event.pk).update(start_time=timezone.now() - HOUR)
        leave_event(event_id=event.pk, attendee=crowd[0])
        admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        moved(event, timedelta(days=1))
        assert (row(ada)[:3], row(waits_too)[0]) == (("going", 0, 0), "waitlisted")
        check_invariants()

    def test_confirmed_walk_ins_keep_their_seats(
        self, event: Event, olive: User, sam: User
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        confirm_walk_in(event_id=event.pk, attendee=sam)
        moved(event, timedelta(days=1))
        assert row(sam) == ("going", 1, 0, True)
        check_invariants()

    def test_undo_on_the_new_day_leaves_those_seats(
        self, event: Event, olive: User, sam: User
    ) -> None:
        """The seats now belong to the person's own RSVP."""
        admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        confirm_walk_in(event_id=event.pk, attendee=sam)
        moved(event, timedelta(days=1))
        opens_anew(event)
        let_in(event, sam, olive)
        let_out(event, sam, olive)
        assert row(sam) == ("going", 1, 0, True)
        check_invariants()

    def test_closing_belongs_to_its_date(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        close_check_in(event_id=event.pk)
        event = moved(event, timedelta(days=1))
        assert attendance_of(event)["check_in_closed_at"] is None


class TestLateScans:
    """Lists are judged by the window that was valid when they were scanned."""

    def results_of(self, event: Event, by: User, *scans: Scan) -> list[Any]:
        outcomes = check_in_all(event_id=event.pk, scans=scans, by=by)
        return [outcome.refusal.code if outcome.refusal else "in" for outcome in outcomes]

    def test_scan_before_a_move_belongs_to_its_date(
        self, as_olive: Api, event: Event, ada: User
    ) -> None:
        """It was refused, because check-in of the new date is not open yet."""
        code, start = ticket(event, ada), event.start_time
        scan = {"code": code, "at": timezone.now().isoformat()}
        moved(event, timedelta(days=7))
        path = f"/events/{event.pk}/check-in/batch/"
        [result] = as_olive.post(path, [scan], expect=200)["results"]
        assert (result["status"], result["attendee"]["arrived"]) == ("checked_in", 1)
        assert result["start_time"] == start.isoformat().replace("+00:00", "Z")
        assert (arrived(event), row(ada)[2]) == (0, 0)
        entry = CheckIn.objects.get()
        assert entry.former_times and entry.former_times.start_time == start
        check_invariants()

    def test_second_scan_of_a_former_date_is_a_repetition(
        self, event: Event, olive: User, ada: User
    ) -> None:
        code, at = ticket(event, ada, guests=1), timezone.now()
        let_in(event, ada, olive, people=1)
        moved(event, timedelta(days=7))
        scans = [Scan(code=code, at=at - n * timedelta(seconds=1)) for n in range(2)]
        assert self.results_of(event, olive, *scans) == ["in", "already_checked_in"]
        assert self.results_of(event, olive, *scans) == ["already_checked_in"] * 2
        people_in = CheckIn.objects.values_list("people", flat=True)
        assert (sum(people_in), arrived(event)) == (2, 0)

    def test_scan_after_the_move_is_too_early(self, event: Event, olive: User, ada: User) -> None:
        code = ticket(event, ada)
        moved(event, timedelta(days=7))
        assert self.results_of(event, olive, Scan(code=code, at=timezone.now())) == [
            "check_in_not_open"
        ]

    def test_earlier_start_does_not_accept_earlier_scans(self, olive: User, ada: User) -> None:
        event = open_event(created_by=olive, start_time=timezone.now() + 3 * HOUR)
        code, at = ticket(event, ada), timezone.now()
        moved(event, -2 * HOUR)
        assert self.results_of(event, olive, Scan(code=code, at=at)) == ["check_in_not_open"]
        assert self.results_of(event, olive, Scan(code=code, at=timezone.now())) == ["in"]

    def test_earlier_end_keeps_scans_before_the_edit(
        self, event: Event, olive: User, ada: User
    ) -> None:
        """A scan of 20:50 was refused after the end had become 20:30 at 20:55."""
        code, at = ticket(event, ada), timezone.now()
        Event.objects.filter(pk=event.pk).update(start_time=at - 2 * HOUR)
        update_event(event_id=event.pk, changes={"end_time": at - HOUR})
        assert self.results_of(event, olive, Scan(code=code, at=at)) == ["in"]
        assert arrived(event) == 1

    def test_scan_after_check_in_was_closed_is_refused_and_one_before_is_not(
        self, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        first, second = ticket(event, ada), ticket(event, sam)
        at = timezone.now()
        close_check_in(event_id=event.pk)
        scans = [Scan(code=first, at=at), Scan(code=second, at=timezone.now())]
        assert self.results_of(event, olive, *scans) == ["in", "check_in_closed"]
        moved(event, timedelta(days=7))
        late = [Scan(code=second, at=scan.at) for scan in scans]
        assert self.results_of(event, olive, *late) == ["in", "check_in_closed"]

    def test_walk_in_before_a_move_is_refused_on_the_new_date(
        self, event: Event, olive: User, sam: User
    ) -> None:
        at = timezone.now()
        moved(event, timedelta(days=7))
        with pytest.raises(CheckInClosed):
            admit_walk_in(event_id=event.pk, attendee=sam, at=at, by=olive)

    def test_walk_in_sent_again_after_a_move_changes_nothing(
        self, event: Event, olive: User, sam: User
    ) -> None:
        at = timezone.now()
        admit_walk_in(event_id=event.pk, attendee=sam, at=at, by=olive)
        moved(event, timedelta(days=7))
        admit_walk_in(event_id=event.pk, attendee=sam, at=at, by=olive)
        assert (attendance_of(event)["going"], CheckIn.objects.count()) == (0, 1)
