"""Links in mails about an account."""

import re
from urllib.parse import unquote

from django.conf import settings
from django.core import mail

from accounts.services.emails import answer_mail_requests
from notifications.tasks import relay


def links_mailed(page: str, to: str = "") -> list[str]:
    """Return the links to this page of the frontend in all mails so far."""
    answer_mail_requests()
    relay()
    pattern = re.compile(rf"{re.escape(settings.FRONTEND_URL)}/{page}\?key=\S+")
    found = (pattern.search(str(message.body)) for message in mail.outbox if to in str(message.to))
    return [link[0] for link in found if link]


def keys_mailed(page: str, to: str = "") -> list[str]:
    """Return the keys of these links, decoded as by a browser."""
    return [unquote(link.partition("?key=")[2]) for link in links_mailed(page, to)]
