"""Reminders before the start of events, with the lead times that each person chose.

Nothing is planned ahead: a task finds the reminders that fell due since its last run, by the starts
of events and the lead times in use. So no row changes if an event is moved or cancelled or an RSVP
ends, and a late run writes only reminders that are still useful. Right before a reminder is sent,
`rsvp.notifications.is_reminder_true` checks it again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from events.models import Event
from events.notifications import event_data
from notifications.models import Notification, Preferences, ReminderLead
from notifications.selectors import DEFAULT_REMINDER_MINUTES
from notifications.services import Notice, notify
from rsvp.models import ReminderSweep, Rsvp
from rsvp.notifications import REMINDER, PartyContext
from rsvp.selectors import tickets_in_words

# Repeated in each run, for an RSVP that was not committed yet, and for a clock that was set back.
OVERLAP = timedelta(minutes=2)
CLAIM = timedelta(seconds=20)  # the delay if a run dies; two runs at once do no harm
_BATCH = 1000
_Party = tuple[int, int, int]  # the IDs of the RSVP and the user, and the number of guests


def write_due_reminders() -> int:
    """Write every reminder that fell due since the last run; return their number.

    If several fell due since then, a person gets only the last one. Safe to run twice and to
    interrupt: the start and the lead time are the occasion of a reminder, and the next run finds
    the people without one.
    """
    now = timezone.now()
    sweep = _claim_sweep(now)
    if sweep is None:
        return 0
    since = min(sweep.swept_until, now) - OVERLAP
    written = 0
    leads = sorted({*DEFAULT_REMINDER_MINUTES, *_leads_in_use()})
    for number, minutes in enumerate(leads, start=1):
        lead = timedelta(minutes=minutes)
        starting = Event.objects.published().filter(
            start_time__gt=max(since + lead, now), start_time__lte=now + lead
        )
        # The date of a postponed event is only a placeholder until there is a new one.
        starting = starting.exclude(external_status=Event.POSTPONED)
        for event in starting.select_related("tally").order_by("start_time", "id"):
            for parties in _going(event, minutes, no_longer_than=leads[:number]):
                with_tickets = parties if event.tally.has_ticket_types else []
                tickets = tickets_in_words([rsvp for rsvp, _, _ in with_tickets])
                notify(
                    _reminder(event, minutes, user, guests, tickets.get(rsvp))
                    for rsvp, user, guests in parties
                )
                written += len(parties)
    ReminderSweep.objects.filter(pk=sweep.pk).update(swept_until=now, claimed_until=None)
    return written


def _claim_sweep(now: datetime) -> ReminderSweep | None:
    """Claim the only run, with a claim that expires; return None if another process has it."""
    ReminderSweep.objects.get_or_create(pk=1, defaults={"swept_until": now})
    free = Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_until__gt=now + CLAIM)
    claimed = ReminderSweep.objects.filter(free, pk=1).update(claimed_until=now + CLAIM)
    return ReminderSweep.objects.get(pk=1) if claimed else None


def _leads_in_use() -> Iterator[int]:
    """Yield each lead time once, with an index lookup: DISTINCT would read the whole table."""
    leads = ReminderLead.objects.order_by("minutes").values_list("minutes", flat=True)
    minutes = leads.first()
    while minutes is not None:
        yield minutes
        minutes = leads.filter(minutes__gt=minutes).first()


def _going(event: Event, minutes: int, *, no_longer_than: list[int]) -> Iterator[list[_Party]]:
    """Yield parties, in batches, of people who want this lead time.

    They have a seat, no reminder with this or a shorter lead time, and an RSVP from before the
    reminder was due: later receipts have the time.
    """
    me = OuterRef("user_id")
    wants: Any = Exists(ReminderLead.objects.filter(user=me, minutes=minutes))
    if minutes in DEFAULT_REMINDER_MINUTES:
        wants |= ~Exists(Preferences.objects.filter(user=me, has_own_leads=True))
    has_it = Notification.objects.filter(
        user=me,
        event_id=event.pk,
        kind=REMINDER.name,
        occasion__in=[_occasion(event, lead) for lead in no_longer_than],
    )
    going = Rsvp.objects.with_personal_status(Rsvp.Status.GOING).filter(
        wants,
        ~Exists(has_it),
        event=event,
        updated_at__lte=event.start_time - timedelta(minutes=minutes),
    )
    rows = going.order_by("id").values_list("id", "user_id", "guests")
    after = 0
    while True:
        batch = list(rows.filter(id__gt=after)[:_BATCH])
        yield batch
        if len(batch) < _BATCH:
            return
        after = batch[-1][0]


def _occasion(event: Event, minutes: int) -> str:
    return f"{event.start_time.isoformat()} − {minutes} min"


def _reminder(
    event: Event, minutes: int, user_id: int, guests: int, tickets: str | None
) -> Notice[PartyContext]:
    return Notice(
        user_id=user_id,
        kind=REMINDER,
        event_id=event.pk,
        occasion=_occasion(event, minutes),
        context=PartyContext(event_data(event), guests=guests, tickets=tickets),
        useful_until=event.start_time,
    )
