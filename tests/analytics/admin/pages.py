"""Paths of the dashboards, and readers of their pages."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from accounts.models import User

Show = Callable[..., Any]
NUMBERS = "/analytics/events/{}/"
ATTENDANCE = "/analytics/events/{}/attendance/"
NOW = "/analytics/events/{}/attendance.json"


def staff(user: User) -> User:
    user.is_staff = True
    user.save()
    return user


def figures(response: Any) -> dict[str, str]:
    """Return the numbers on the cards, by name."""
    cards = re.findall(r'data-figure="(\w+)">.*?<dd>(.*?)</dd>', text(response), re.S)
    return {name: unescape(value) for name, value in cards}


def notes(response: Any) -> dict[str, str]:
    """Return the notes below the numbers on the cards, by name."""
    card = r'data-figure="(\w+)">.*?<dd>.*?</dd>\s*<dd>(.*?)</dd>'
    return dict(re.findall(card, text(response), re.S))


def text(response: Any) -> str:
    return str(response.content.decode())
