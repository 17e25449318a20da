"""What the mails about an account hold."""

import re
from urllib.parse import unquote

from django.conf import settings
from django.core import mail

from accounts.services.emails import answer_mail_requests
from notifications.tasks import relay


def links_mailed(page: str, to: str = "") -> list[str]:
    """The links to that page of the frontend in all mails so far, as they stand there."""
    answer_mail_requests()
    relay()
    pattern = re.compile(rf"{re.escape(settings.FRONTEND_URL)}/{page}\?key=\S+")
    found = (pattern.search(str(message.body)) for message in mail.outbox if to in str(message.to))
    return [link[0] for link in found if link]


def keys_mailed(page: str, to: str = "") -> list[str]:
    """Their keys, as a browser hands them to the frontend."""
    return [unquote(link.partition("?key=")[2]) for link in links_mailed(page, to)]
