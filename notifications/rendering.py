"""How a notification becomes text and mail, from the templates of its kind.

The texts are made from `notification.context`, plain data. For kinds about an event it holds
`event` (`facts.EventFacts.read` shows which of its keys may be missing; `organizer_id` becomes a
name in mails only), and also: `guests`, their number; `now`, the status of a cancelled RSVP;
`before`, the old values of changed fields; `is_postponed`, true if no new time is known;
`is_reinstated`, true if a cancellation was taken back; `is_handed_over`, true for the new owner;
`has_seat`, false for people who only wait or are interested and so have nothing in their calendar;
`only_seats`, a new limit that is too low for the party.
For `new_in_interests` it holds `events`, for `account_security` what `security.SecurityFacts.read`
says, for `admin_alert` `setting` and `budget`, and for mails with a link nothing.

Subjects, SMS and push use the short forms of users' text, without links; links in bodies are not
clickable (notifications/links.py).
"""

import re
from copy import copy
from email import encoders
from email.mime.base import MIMEBase
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import get_template
from django.utils.encoding import punycode
from django.utils.module_loading import import_string

from core.validators import zone_or_utc
from notifications import calendar
from notifications.facts import EventFacts, lines_of, one_line, shorten
from notifications.links import defang, without_links
from notifications.mime import MailWithPicture
from notifications.models import Channel, Kind, Notification
from notifications.security import SecurityFacts
from notifications.selectors import with_organizers
from notifications.unsubscribe import token_for

_ENTERS_CALENDAR = {Kind.RSVP_CONFIRMED, Kind.PROMOTED, Kind.EVENT_CHANGED}
_LEAVES_CALENDAR = {Kind.RSVP_CANCELLED, Kind.EVENT_CANCELLED}


def short_text(notification: Notification) -> str:
    """One line of plain text of at most 300 characters: in the app, as SMS and as push."""
    return shorten(one_line(_render("short.txt", notification, _words(notification))), 300)


def sms(notification: Notification) -> str:
    """Return the short text, or the code for a number, which is made here and stored nowhere."""
    if notification.kind == Kind.VERIFY_PHONE:
        return one_line(_render("code.txt", notification, {"code": _link(notification)}))
    return short_text(notification)


def subject(notification: Notification) -> str:
    """One line of at most 150 characters."""
    line = one_line(_render("subject.txt", notification, _words(notification)))
    # A title that looks like an encoded word (RFC 2047) would be decoded by the reader's mailer.
    return shorten(line.replace("=?", "= ?"), 150)


def mail(notification: Notification, address: str) -> MailWithPicture:
    """To this address alone. Each attempt has the same Message-ID, so that mailers know it.

    Links with a key, and tickets, are made only here, and only the mail contains them.
    """
    notification = copy(notification)
    notification.context = with_organizers(notification.context)
    kind = Kind(notification.kind)
    unsubscribe_url = "" if kind.is_about_account else _unsubscribe_url(notification)
    ticket = _ticket(notification)
    content_id = f"ticket.{_message_id(notification)[1:-1]}"
    words = _words(notification) | {
        "subject": subject(notification),
        "kind": kind.label,
        "username": defang(one_line(notification.user.username)),
        "display_name": defang(one_line(notification.user.shown_name)),
        "has_calendar": _has_calendar(notification),
        "unsubscribe_url": unsubscribe_url,
        "link": _link(notification),
        "ticket": content_id if ticket else "",
    }
    headers = {
        "Message-ID": _message_id(notification),
        "X-Notification-Kind": kind.value,
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies
    }
    if unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message = MailWithPicture(
        subject=words["subject"],
        body=_without_gaps(_render("text.txt", notification, words)),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        reply_to=_reply_to(notification),
        headers=headers,
        png=ticket,
        content_id=content_id,
    )
    message.attach_alternative(_render("html.html", notification, words), "text/html")
    if words["has_calendar"]:
        message.attach(_attachment(notification))
    return message


def _has_calendar(notification: Notification) -> bool:
    changes_calendar = notification.kind in _ENTERS_CALENDAR | _LEAVES_CALENDAR
    said = notification.context
    # Of what is put off a file would say the time at which it is not.
    return changes_calendar and bool(said.get("has_seat", True)) and not said.get("is_postponed")


def _render(name: str, notification: Notification, words: dict[str, Any]) -> str:
    engine = "django" if name.endswith(".html") else "text"
    path = f"notifications/{Kind(notification.kind).value}/{name}"
    return get_template(path, using=engine).render(words)


def _words(notification: Notification) -> dict[str, Any]:
    """What the templates may use."""
    said, reader = notification.context, zone_or_utc(notification.user.timezone)
    if Kind(notification.kind).is_about_account:
        return _of_account(notification.kind, said, reader)
    if notification.kind == Kind.NEW_IN_INTERESTS:
        return {"events": [_shown(event, reader) for event in said["events"]]}
    return _of_event(said, reader)


def _of_account(kind: str, said: dict[str, Any], reader: ZoneInfo) -> dict[str, Any]:
    if kind == Kind.ADMIN_ALERT:
        return {"setting": said["setting"], "budget": said["budget"]}
    if kind != Kind.ACCOUNT_SECURITY:
        return {}
    facts = SecurityFacts.read(said)
    return {
        "change": facts,
        "when": facts.when(reader),
        "reset_url": f"{settings.FRONTEND_URL}/reset-password",
    }


def _of_event(said: dict[str, Any], reader: ZoneInfo) -> dict[str, Any]:
    before = said.get("before") or {}
    return _shown(said["event"], reader) | {
        "guests": said.get("guests") or 0,
        "party": _party(said.get("guests") or 0),
        "is_still_interested": said.get("now") == "interested",
        "was": _shown(said["event"] | before, reader),
        "is_moved": bool(before.keys() & {"starts_at", "ends_at", "timezone"}),
        "is_elsewhere": "location" in before,
        "is_postponed": bool(said.get("is_postponed")),
        "is_reinstated": bool(said.get("is_reinstated")),
        "is_handed_over": bool(said.get("is_handed_over")),
        "reason": [shown for line in lines_of(said.get("reason") or "") if (shown := defang(line))],
        "short_reason": shorten(without_links(one_line(said.get("reason") or "")), 100),
        "more": _counted_if_any(said.get("more"), "more date"),
        "waits": _counted_if_any(said.get("waits"), "date"),
        "people": 1 + (said.get("guests") or 0),
        "only_seats": _counted_if_any(said.get("only_seats"), "seat"),
    }


def _shown(said: dict[str, Any], reader: ZoneInfo) -> dict[str, Any]:
    event = EventFacts.read(said)
    return {"event": event, "when": event.when(reader)}


def _party(guests: int) -> str:
    return f" with {_counted(guests, 'guest')}" if guests else ""


def _counted_if_any(number: int | None, noun: str) -> str:
    return _counted(number, noun) if number else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _without_gaps(text: str) -> str:
    """Without the empty lines that the tags of a template leave behind."""
    return re.sub(r"\s*\n\s*\n", "\n\n", text.strip()) + "\n"


def _message_id(notification: Notification) -> str:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = punycode(address.rpartition("@")[2])
    made_at = f"{notification.created_at.timestamp():.6f}"
    return f"<{notification.pk}.{made_at}.{Channel.EMAIL.value}@{domain}>"


def _unsubscribe_url(notification: Notification) -> str:
    token = token_for(user_id=notification.user_id, kind=Kind(notification.kind).value)
    return f"{settings.BASE_URL}/api/notifications/unsubscribe/{token}/"


def _link(notification: Notification) -> str:
    """Empty for kinds that have none."""
    maker = settings.NOTIFICATION_LINKS.get(notification.kind)
    return import_string(maker)(notification) if maker else ""


def _ticket(notification: Notification) -> bytes:
    """Return the QR code of the ticket as a PNG; empty for other kinds, and without a seat."""
    maker = settings.NOTIFICATION_TICKETS.get(notification.kind)
    return import_string(maker)(notification) if maker and notification.event_id else b""


def _reply_to(notification: Notification) -> list[str]:
    """Return the contact address of the organizer, if the message is about one event."""
    address = notification.context.get("event", {}).get("contact_email")
    return [address] if address else []


def _attachment(notification: Notification) -> MIMEBase:
    """In base64: line ends and long lines reach the calendar as they were written."""
    part = MIMEBase("text", "calendar", charset="utf-8", method=calendar.METHOD)
    part.set_payload(
        calendar.ics(
            EventFacts.read(notification.context["event"]),
            stamp=notification.created_at,
            is_cancelled=notification.kind in _LEAVES_CALENDAR,
        )
    )
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename="event.ics")
    return part
