"""Reminding those who go, each as long before the start as they like.

Nothing is planned ahead: a task looks which reminders fell due since its last
run, by the events' start and by the lead times that people have. So there is
nothing to rewrite when an event is moved or cancelled, or an answer is taken
back, and a run that comes late writes what is still of use. Before a reminder
leaves, `rsvp.selectors.reminder_still_holds` is asked once more.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from events.models import Event
from notifications.models import Kind, ReminderLead
from notifications.selectors import DEFAULT_REMINDER_MINUTES
from notifications.services import Notice, notify
from rsvp.messages import about, instant
from rsvp.models import ReminderSweep, Rsvp

# Looked at again each time, for an answer that was under way, and for a clock set back.
OVERLAP = timedelta(minutes=2)
_BATCH = 1000


def write_due_reminders() -> int:
    """Write every reminder that fell due since the last run; answers how many were looked at.

    Of several that fell due while nobody looked, a person gets the last one
    only. Safe to run twice, also at the same time: a reminder's occasion is
    the start and the lead time, and nobody is told twice of one occasion.
    """
    now = timezone.now()
    sweep, _ = ReminderSweep.objects.get_or_create(pk=1, defaults={"swept_until": now})
    since = min(sweep.swept_until, now) - OVERLAP
    written = 0
    leads = {*DEFAULT_REMINDER_MINUTES, *_leads_in_use()}
    nearer: dict[int, set[int]] = {}  # event → who is reminded of it with a shorter lead time
    for minutes in sorted(leads):
        lead = timedelta(minutes=minutes)
        starting = Event.objects.listed().filter(
            start_time__gt=max(since + lead, now), start_time__lte=now + lead
        )
        for event in starting.select_related("created_by").order_by("start_time", "id"):
            told = nearer.setdefault(event.pk, set())
            for batch in _going(event, minutes):
                parties = {user: guests for user, guests in batch.items() if user not in told}
                notify(_reminder(event, minutes, *party) for party in parties.items())
                told.update(parties)
                written += len(parties)
    ReminderSweep.objects.filter(pk=1).update(swept_until=now)
    return written


def _leads_in_use() -> list[int]:
    return list(
        ReminderLead.objects.order_by("minutes").values_list("minutes", flat=True).distinct()
    )


def _going(event: Event, minutes: int) -> Iterator[dict[int, int]]:
    """Who has a seat and wants to be reminded so long before, with their guests, by thousands."""
    wants = Q(user__reminder_leads__minutes=minutes)
    if minutes in DEFAULT_REMINDER_MINUTES:
        wants |= Q(user__notification_preferences=None)
    going = Rsvp.objects.filter(wants, event=event, status=Rsvp.Status.GOING).order_by("id")
    # Whose answer is younger was just told the time.
    going = going.filter(updated_at__lte=event.start_time - timedelta(minutes=minutes))
    rows = going.values_list("id", "user_id", "guests")
    after = 0
    while True:
        batch = list(rows.filter(id__gt=after)[:_BATCH])
        yield {user_id: guests for _, user_id, guests in batch}
        if len(batch) < _BATCH:
            return
        after = batch[-1][0]


def _reminder(event: Event, minutes: int, user_id: int, guests: int) -> Notice:
    return Notice(
        user_id=user_id,
        kind=Kind.REMINDER,
        event_id=event.pk,
        occasion=f"{instant(event.start_time)} − {minutes} min",
        context={"event": about(event), "guests": guests},
        useful_until=event.start_time,
    )
