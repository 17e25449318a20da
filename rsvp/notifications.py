"""The notifications about RSVPs: receipts, changes, reminders and the weekly digest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, DateTimeField, F
from django.utils import timezone

from core import clock
from core.database.statements import Parameter, Statement
from core.links import defang, without_links
from core.text import lines_of, one_line, shorten
from events.models import Event, EventQuerySet
from events.notifications import (
    EventContext,
    EventData,
    EventsContext,
    calendar_file,
    counted,
    event_words,
)
from notifications.kinds import Channel, NotificationKind, Priority
from notifications.models import Notification
from payments.models import Payment
from rsvp.models import ChangeWindow, Rsvp, RsvpChange
from rsvp.tickets import ticket_png

# Younger messages are sent in any case, so that each RSVP has its receipt. After an outage, an
# older one could be the last that a person reads, and wrong.
_FRESH_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class PartyContext(EventContext):
    guests: int = 0
    tickets: str | None = None  # in words; None without ticket types, and in earlier rows

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        return super().words(zone) | {
            "guests": self.guests,
            "people": 1 + self.guests,
            "party": f" with {counted(self.guests, 'guest')}" if self.guests else "",
            "tickets": defang(one_line(self.tickets)) if self.tickets else "",
        }


@dataclass(frozen=True)
class ReceiptContext(PartyContext):
    answer_id: int | None = None  # the row of the history; None in rows of earlier versions
    now: str | None = None  # the status after a cancellation
    waits: int | None = None  # the number of dates with a place on the waitlist
    only_seats: int | None = None  # a new limit that is too low for the party
    only_tickets: int | None = None  # a new quantity of `ticket_type` that is too low for it
    ticket_type: str | None = None
    pay_by: str | None = None  # until when held seats can be paid, or could be
    unpaid: str | None = None  # the status of the payment with which a hold has ended

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        return super().words(zone) | {
            "is_still_interested": self.now == Rsvp.Status.INTERESTED,
            "waits": counted(self.waits, "date"),
            "only_seats": counted(self.only_seats, "seat"),
            "only_tickets": counted(self.only_tickets, "ticket"),
            "ticket_type": defang(one_line(self.ticket_type or "")),
            "pay_by": self.pay_by and clock.written(datetime.fromisoformat(self.pay_by), zone),
            "is_unpaid": self.unpaid is not None,
            "is_payment_failed": self.unpaid == Payment.Status.FAILED,
        }

    @property
    def is_for_calendar(self) -> bool:
        return self.pay_by is None


@dataclass(frozen=True)
class ChangeContext(EventContext):
    before: dict[str, Any] | None = None  # the old values of changed facts
    is_postponed: bool | None = None  # a new time is not known
    is_reinstated: bool | None = None  # a cancellation was reverted
    is_handed_over: bool | None = None  # for the new owner
    has_seat: bool = True

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        before = self.before or {}
        old: EventData = {**self.event, **before}  # type: ignore[typeddict-item]
        return super().words(zone) | {
            "was": event_words(old, zone),
            "is_moved": bool(before.keys() & {"starts_at", "ends_at", "timezone"}),
            "is_elsewhere": "location" in before,
            "is_postponed": self.is_postponed,
            "is_reinstated": self.is_reinstated,
            "is_handed_over": self.is_handed_over,
        }

    @property
    def is_for_calendar(self) -> bool:
        """Return false also for a postponed event: a file would contain the time that is off."""
        return self.has_seat and not self.is_postponed


@dataclass(frozen=True)
class CancellationContext(EventContext):
    reason: str | None = None
    has_seat: bool = True

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        reason = self.reason or ""
        return super().words(zone) | {
            "reason": [shown for line in lines_of(reason) if (shown := defang(line))],
            "short_reason": shorten(without_links(one_line(reason)), 100),
        }

    @property
    def is_for_calendar(self) -> bool:
        return self.has_seat


def is_receipt_true(receipt: Notification, context: ReceiptContext) -> bool:
    """Return whether the person's RSVP has not changed since, or the receipt is fresh.

    The end of a hold is no receipt for what the person did: a later RSVP makes it wrong at once.
    """
    if context.only_seats is not None:
        return _is_still_too_large(receipt)
    if context.only_tickets is not None:
        return _has_too_many_tickets(receipt)
    if _is_fresh(receipt) and context.unpaid is None:
        return True
    changes = RsvpChange.objects.filter(rsvp__user=receipt.user_id, rsvp__event=receipt.event_id)
    if context.answer_id is None:
        younger = changes.filter(at__gt=receipt.created_at)
    else:
        younger = changes.filter(id__gt=context.answer_id)
    by_person = younger.exclude(to_status=Rsvp.Status.GOING, rsvp__is_confirmed=False)
    return not by_person.exists()


def _is_still_too_large(receipt: Notification) -> bool:
    """Return whether the party waits and does not fit; a wrong limit may have been corrected."""
    waiting = Rsvp.objects.waiting().filter(user=receipt.user_id, event=receipt.event_id)
    return waiting.filter(
        guests__gte=F("event__tally__max_attendees"), event__in=Event.objects.published()
    ).exists()


def _has_too_many_tickets(receipt: Notification) -> bool:
    """Return whether the party waits for more tickets of a type than it has."""
    waiting = Rsvp.objects.waiting().filter(user=receipt.user_id, event=receipt.event_id)
    return waiting.filter(
        tickets__quantity__gt=F("tickets__ticket_type__tally__quantity"),
        event__in=Event.objects.published(),
    ).exists()


def is_change_true(change: Notification, context: ChangeContext) -> bool:
    """Return whether the event takes place when and where this says, or the change is fresh.

    A handover is true while the person owns the event, published or not.
    """
    event_id = context.event["id"]
    if context.is_handed_over:
        return Event.objects.alive().filter(pk=event_id, created_by=change.user_id).exists()
    if _is_fresh(change):
        return True
    same = _published(context.event).filter(
        end_time=datetime.fromisoformat(context.event["ends_at"]),
        location=context.event.get("location", ""),
    )
    if same.exists():
        return True
    # The waiting message will contain the difference to this one, if there is any.
    waiting = ChangeWindow.objects.filter(event=event_id, is_waiting=True)
    return waiting.filter(event__in=Event.objects.published()).exists()


def is_cancellation_true(cancellation: Notification, context: CancellationContext) -> bool:
    """Return whether the event is still cancelled, or the cancellation is fresh."""
    if _is_fresh(cancellation):
        return True
    return not Event.objects.published().filter(pk=context.event["id"]).exists()


def is_reminder_true(reminder: Notification, context: PartyContext) -> bool:
    """Return whether the person still goes, and the event still starts at that time."""
    start = datetime.fromisoformat(context.event["starts_at"])
    event_id = context.event["id"]
    return bool(_going_then().rows(user=reminder.user_id, event=event_id, start=start))


@cache
def _going_then() -> Statement:
    user, event = (Parameter(name, BigIntegerField()) for name in ("user", "event"))
    starting = Event.objects.published().filter(start_time=Parameter("start", DateTimeField()))
    going = Rsvp.objects.filter(user=user).with_personal_status(Rsvp.Status.GOING)
    return Statement.of(going.filter(event=event, event__in=starting).order_by().values_list("pk"))


def _is_fresh(notification: Notification) -> bool:
    return timezone.now() - notification.created_at < _FRESH_FOR


def _published(data: EventData) -> EventQuerySet:
    """Return the event if it is published with this start."""
    start = datetime.fromisoformat(data["starts_at"])
    return Event.objects.published().filter(pk=data["id"], start_time=start)


def _ticket(notification: Notification, context: ReceiptContext) -> bytes:
    if context.pay_by:
        return b""
    event_id = notification.event_id
    return ticket_png(user_id=notification.user_id, event_id=event_id) if event_id else b""


_EVERY_CHANNEL = frozenset(Channel)
_cancelled_entry = partial(calendar_file, is_cancelled=True)
_receipt = partial(
    NotificationKind[ReceiptContext],
    context=ReceiptContext,
    priority=Priority.RECEIPT,
    mail_quota="receipts",
    is_still_true=is_receipt_true,
)

RSVP_CONFIRMED = _receipt(
    "rsvp_confirmed", "RSVP confirmed", attachment=calendar_file, picture=_ticket
)
WAITLISTED = _receipt("waitlisted", "On the waitlist")
PROMOTED = _receipt(
    "promoted",
    "Off the waitlist",
    priority=Priority.PROMOTION,
    default_channels=_EVERY_CHANNEL,
    mail_quota="",
    attachment=calendar_file,
    picture=_ticket,
)
RSVP_CANCELLED = _receipt("rsvp_cancelled", "RSVP cancelled", attachment=_cancelled_entry)
EVENT_CHANGED = NotificationKind(
    "event_changed",
    "Event changed",
    ChangeContext,
    default_channels=_EVERY_CHANNEL,
    is_still_true=is_change_true,
    attachment=calendar_file,
)
EVENT_CANCELLED = NotificationKind(
    "event_cancelled",
    "Event cancelled",
    CancellationContext,
    default_channels=_EVERY_CHANNEL,
    is_still_true=is_cancellation_true,
    attachment=_cancelled_entry,
)
REMINDER = NotificationKind(
    "reminder",
    "Reminder",
    PartyContext,
    priority=Priority.REMINDER,
    default_channels=_EVERY_CHANNEL,
    is_still_true=is_reminder_true,
)
NEW_IN_INTERESTS = NotificationKind(
    "new_in_interests", "New in your interests", EventsContext, position=1
)
KINDS: list[NotificationKind[Any]] = [
    RSVP_CONFIRMED, WAITLISTED, PROMOTED, RSVP_CANCELLED, EVENT_CHANGED, EVENT_CANCELLED,
    REMINDER, NEW_IN_INTERESTS,
]  # fmt: skip
