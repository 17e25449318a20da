"""Former dates of moved events: their arrivals no longer have an effect.

Call these functions under the lock of the event's tally (docs/adr/0021).
"""

from collections.abc import Collection, Iterable
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q, Sum
from django.utils import timezone

from events.models import Event, Tally
from rsvp.models import CheckIn, FormerTimes, Rsvp, RsvpChange
from rsvp.selectors import check_in_window
from rsvp.services.seats import COUNTS, apply_change, save_stocks
from rsvp.services.ticket_stock import save_tickets
from rsvp.services.unconfirmed_walk_ins import latest_walk_ins, rsvp_before_walk_in

# A start that moves by at most this much is a correction, even if check-in is no longer open.
# Otherwise a delay of ten minutes would discard the arrivals of the first ten minutes.
CORRECTION = timedelta(minutes=30)
_TIMES = ("start_time", "end_time")
_BATCH = 1000
_RESTORED = [
    "status", "guests", "line_no", "ticket_no", "is_confirmed", "own_status", "own_guests",
    "code", "updated_at",
]  # fmt: skip


def keep_former_times(moved: Iterable[tuple[Event, Tally, dict[str, Any]]]) -> None:
    """Keep the times that an edit replaced, and start check-in anew on another date.

    `moved` has the old values of the fields that changed. Times are not kept if check-in had opened
    neither by the old nor by the new ones, because no scan can belong to them.
    """
    now = timezone.now()
    for event, tally, before in moved:
        start, end = (before.get(name, getattr(event, name)) for name in _TIMES)
        former = FormerTimes(
            event=event,
            start_time=start,
            end_time=end,
            check_in_closed_at=tally.check_in_closed_at,
            replaced_at=now,
        )
        is_moved = (start, end) != (event.start_time, event.end_time)
        has_opened = any(check_in_window(times)[0] <= now for times in (former, event))
        if is_moved and (has_opened or tally.arrived):
            former.is_other_date = _is_other_date(former, event, now)
            former.save()
            if former.is_other_date:
                _start_anew(tally, event, former)


def _is_other_date(former: FormerTimes, event: Event, now: datetime) -> bool:
    """Return whether an edit moved the event to a later date, rather than correct its start.

    It is a correction if check-in continues: it is open by the new times now, and there is no pause
    between the old and the new window.
    """
    opens_at, _ = check_in_window(event)
    _, closed_at = check_in_window(former)
    continues = opens_at <= now and opens_at <= closed_at
    return event.start_time - former.start_time > CORRECTION and not continues


def _start_anew(tally: Tally, event: Event, former: FormerTimes) -> None:
    """Move all check-ins to the former date, and set the arrivals of the present one to zero.

    Seats of unconfirmed walk-ins are given back: these people did not agree to the new date.
    """
    CheckIn.objects.current().filter(event=event).update(former_times=former)
    arrived = Rsvp.objects.filter(event=event, arrived__gt=0)
    walk_ins = list(arrived.filter(is_confirmed=False).order_by("pk"))
    arrived.update(arrived=0, checked_in_at=None)
    tally.arrived, tally.check_in_closed_at = 0, None
    tally.save(update_fields=["arrived", "check_in_closed_at"])
    _undo_walk_ins(tally, walk_ins, former)


def _undo_walk_ins(tally: Tally, walk_ins: list[Rsvp], former: FormerTimes) -> None:
    check_ins = latest_walk_ins(former.check_ins.all())
    changes: list[RsvpChange] = []
    for rsvp in walk_ins:
        rsvp.arrived, rsvp.checked_in_at = 0, None
        earlier = rsvp_before_walk_in(rsvp, check_ins.get(rsvp.pk))
        change = apply_change(
            tally,
            rsvp,
            earlier.status,
            earlier.guests,
            line_no=earlier.line_no,
            tickets=earlier.tickets,
        )
        assert change
        changes.append(change)
    Rsvp.objects.bulk_update(walk_ins, _RESTORED, batch_size=_BATCH)
    RsvpChange.objects.bulk_create(changes, batch_size=_BATCH)
    if changes:
        tally.save(update_fields=COUNTS)
        save_tickets(walk_ins)
        save_stocks([tally])


class FormerParties:
    """Parties with their arrivals on former dates of the event, for scans that are sent late."""

    def __init__(self, parties: Collection[Rsvp], dates: Collection[FormerTimes]) -> None:
        self._copies: dict[tuple[int, int], Rsvp] = {}
        self._arrived: dict[tuple[int, int], tuple[int, datetime]] = {}
        if dates:
            ids = [rsvp.pk for rsvp in parties]
            check_ins = CheckIn.objects.filter(rsvp__in=ids, former_times__in=dates).order_by()
            for row in check_ins.values("rsvp", "former_times").annotate(
                arrived=Sum("people"), first_at=Min("at", filter=Q(people__gt=0))
            ):
                key = row["rsvp"], row["former_times"]
                self._arrived[key] = row["arrived"], row["first_at"]

    def on(self, rsvp: Rsvp, date: FormerTimes) -> Rsvp:
        """Return a copy of the RSVP, never saved, with the arrivals of that date."""
        key = rsvp.pk, date.pk
        if key not in self._copies:
            party = self._copies[key] = copy(rsvp)
            arrived, first_at = self._arrived.get(key, (0, None))
            party.arrived, party.checked_in_at = arrived, first_at if arrived else None
        return self._copies[key]
