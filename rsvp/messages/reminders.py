"""Reminding those who go, each as long before the start as they like.

Nothing is planned ahead: a task looks which reminders fell due since its last
run, by the events' start and by the lead times that people have. So there is
nothing to rewrite when an event is moved or cancelled, or an answer is taken
back, and a run that comes late writes what is still of use. Before a reminder
leaves, `rsvp.notifications.is_reminder_true` checks it once more.
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

# Looked at again each time, for an answer that was under way, and for a clock set back.
OVERLAP = timedelta(minutes=2)
CLAIM = timedelta(seconds=20)  # so late are reminders where a run dies; two at once do no harm
_BATCH = 1000


def write_due_reminders() -> int:
    """Write every reminder that fell due since the last run; answers how many.

    Of several that fell due while nobody looked, a person gets the last one
    only. Safe to run twice and to be cut off: a reminder's occasion is the
    start and the lead time, nobody is told twice of one occasion, and the next
    run finds who is still to be told.
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
        # Its date stands only until the provider has a new one: nobody is to set out for it.
        starting = starting.exclude(external_status=Event.POSTPONED)
        for event in starting.order_by("start_time", "id"):
            for parties in _going(event, minutes, no_longer_than=leads[:number]):
                notify(_reminder(event, minutes, *party) for party in parties.items())
                written += len(parties)
    ReminderSweep.objects.filter(pk=sweep.pk).update(swept_until=now, claimed_until=None)
    return written


def _claim_sweep(now: datetime) -> ReminderSweep | None:
    """One run at a time, by a claim that lapses; None while somebody else is at it."""
    ReminderSweep.objects.get_or_create(pk=1, defaults={"swept_until": now})
    free = Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_until__gt=now + CLAIM)
    claimed = ReminderSweep.objects.filter(free, pk=1).update(claimed_until=now + CLAIM)
    return ReminderSweep.objects.get(pk=1) if claimed else None


def _leads_in_use() -> Iterator[int]:
    """Each once, by a look at the index for each: DISTINCT would read the whole table."""
    leads = ReminderLead.objects.order_by("minutes").values_list("minutes", flat=True)
    minutes = leads.first()
    while minutes is not None:
        yield minutes
        minutes = leads.filter(minutes__gt=minutes).first()


def _going(event: Event, minutes: int, *, no_longer_than: list[int]) -> Iterator[dict[int, int]]:
    """Who has a seat and wants to be reminded so long before, with their guests, by thousands.

    Without those who have been, then or nearer to the start, and without those
    whose answer is younger: they were just told the time.
    """
    me = OuterRef("user_id")
    wants: Any = Exists(ReminderLead.objects.filter(user=me, minutes=minutes))
    if minutes in DEFAULT_REMINDER_MINUTES:
        wants |= ~Exists(Preferences.objects.filter(user=me, has_own_leads=True))
    has_it = Notification.objects.filter(
        user=me,
        event_id=event.pk,
        kind=REMINDER.name,
        occasion__in=[_occasion(event, each) for each in no_longer_than],
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
        yield {user_id: guests for _, user_id, guests in batch}
        if len(batch) < _BATCH:
            return
        after = batch[-1][0]


def _occasion(event: Event, minutes: int) -> str:
    return f"{event.start_time.isoformat()} − {minutes} min"


def _reminder(event: Event, minutes: int, user_id: int, guests: int) -> Notice[PartyContext]:
    return Notice(
        user_id=user_id,
        kind=REMINDER,
        event_id=event.pk,
        occasion=_occasion(event, minutes),
        context=PartyContext(event_data(event), guests=guests),
        useful_until=event.start_time,
    )
