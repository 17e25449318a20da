"""Turns a notification into texts and mails, with the templates of its kind.

Each kind has `short.txt`, and `subject.txt`, `text.txt` and `html.html` if it is sent by mail. A
kind that is only sent by SMS has `sms.txt`, whose link is a code. Subjects, SMS and push contain
no links that users wrote; links in bodies are not clickable (`core.links`).
"""

import re
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils.encoding import punycode

from core.links import defang
from core.text import one_line, shorten
from core.validators import zone_or_utc
from notifications import kinds
from notifications.inline_pictures import MailWithPicture
from notifications.kinds import Channel, Context, NotificationKind
from notifications.models import Notification
from notifications.unsubscribe import token_for


def short_text(notification: Notification) -> str:
    """Return plain text of one line, at most 300 characters: in the app, as SMS and as push."""
    return short_line(notification.kind, notification.context, notification.user.timezone)


def short_line(kind: str, context: dict[str, Any], zone: str) -> str:
    """Return the `short_text` of such a notification for a reader in this time zone."""
    words = kinds.get(kind).context.read(context).words(zone_or_utc(zone))
    return shorten(one_line(_render("short.txt", kinds.get(kind), words)), 300)


def sms(notification: Notification) -> str:
    """Return the short text, or a code, which is made here and stored nowhere."""
    kind = kinds.get(notification.kind)
    if kind.account_channel != Channel.SMS:
        return short_text(notification)
    return one_line(
        _render("sms.txt", kind, {"code": _link(kind, notification, _context(notification))})
    )


def subject(notification: Notification) -> str:
    """Return one line of at most 150 characters."""
    words = _words(notification, _context(notification))
    return _subject(kinds.get(notification.kind), words)


def _subject(kind: NotificationKind[Any], words: dict[str, Any]) -> str:
    # A title that looks like an encoded word (RFC 2047) would be decoded by the reader's mailer.
    return shorten(one_line(_render("subject.txt", kind, words)).replace("=?", "= ?"), 150)


def mail(notification: Notification, address: str) -> MailWithPicture:
    """Return a mail to this address alone. Each attempt has the same Message-ID.

    Links with a key, and pictures, are made only here, and only the mail contains them.
    """
    kind, context = kinds.get(notification.kind), _context(notification).for_mail()
    unsubscribe_url = "" if kind.is_about_account else _unsubscribe_url(notification)
    picture = kind.picture(notification, context) if kind.picture else b""
    attachment = kind.attachment(notification, context) if kind.attachment else None
    message_id = _message_id(notification)
    content_id = f"ticket.{message_id[1:-1]}"
    words = _words(notification, context)
    words |= {
        "subject": _subject(kind, words),
        "kind": kind.label,
        "username": defang(one_line(notification.user.username)),
        "display_name": defang(one_line(notification.user.shown_name)),
        "has_attachment": attachment is not None,
        "unsubscribe_url": unsubscribe_url,
        "link": _link(kind, notification, context),
        "picture": content_id if picture else "",
    }
    headers = {
        "Message-ID": message_id,
        "X-Notification-Kind": kind.name,
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies
    }
    if unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message = MailWithPicture(
        subject=words["subject"],
        body=_without_gaps(_render("text.txt", kind, words)),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        reply_to=context.reply_to,
        headers=headers,
        png=picture,
        content_id=content_id,
    )
    message.attach_alternative(_render("html.html", kind, words), "text/html")
    if attachment is not None:
        message.attach(attachment)
    return message


def _context(notification: Notification) -> Context:
    context: Context = kinds.get(notification.kind).context.read(notification.context)
    return context


def _words(notification: Notification, context: Context) -> dict[str, Any]:
    return context.words(zone_or_utc(notification.user.timezone))


def _render(name: str, kind: NotificationKind[Any], words: dict[str, Any]) -> str:
    engine = "django" if name.endswith(".html") else "text"
    return get_template(f"notifications/{kind.name}/{name}", using=engine).render(words)


def _link(kind: NotificationKind[Any], notification: Notification, context: Context) -> str:
    return kind.link(notification, context) if kind.link else ""


def _without_gaps(text: str) -> str:
    """Remove the empty lines that the tags of a template leave behind."""
    return re.sub(r"\s*\n\s*\n", "\n\n", text.strip()) + "\n"


def _message_id(notification: Notification) -> str:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = punycode(address.rpartition("@")[2])
    made_at = f"{notification.created_at.timestamp():.6f}"
    return f"<{notification.pk}.{made_at}.{Channel.EMAIL.value}@{domain}>"


def _unsubscribe_url(notification: Notification) -> str:
    token = token_for(user_id=notification.user_id, kind=notification.kind)
    return f"{settings.BASE_URL}/api/notifications/unsubscribe/{token}/"
