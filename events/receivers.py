"""Receivers of signals from accounts and Django."""

from typing import Any

from django.dispatch import receiver

from accounts.export import Part
from accounts.models import User
from accounts.signals import (
    account_deactivated,
    account_erased,
    export_asked,
    organizer_role_ending,
)
from events import erasure, selectors
from events.services import helpers, organizer_role


@receiver(account_deactivated)
def remove_helper_from_all_events(*, user: User, **_: Any) -> None:
    helpers.remove_from_all_events(person=user)


@receiver(organizer_role_ending)
def require_no_upcoming_events(*, user: User, **_: Any) -> None:
    organizer_role.require_no_upcoming_events(user)


@receiver(account_erased)
def release_events(*, user: User, **_: Any) -> None:
    erasure.release_events(organizer=user)


@receiver(export_asked)
def export_events(*, user: User, part: Part, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user, part)
