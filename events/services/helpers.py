"""Writes on helpers of events."""

from django.db import transaction
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User
from core.errors import BadValue
from events.exceptions import EventCancelled, HelperNotFound, TooManyHelpers
from events.models import Event, Helper
from events.models.helpers import MOST_HELPERS
from events.services.events import get_event
from events.services.tallies import lock_tally


@transaction.atomic
def add_helper(*, event_id: int, username: str) -> tuple[Helper, bool]:
    """Add a helper to an event; return the helper, and whether it is new.

    The username is compared without case, as at login. E-mail addresses are not accepted, because
    they would reveal who uses an address. Raises EventNotFound, EventCancelled, TooManyHelpers and
    BadValue (`does_not_exist` without an active user, `is_the_owner`).
    """
    lock_tally(event_id)  # so that concurrent requests cannot exceed the limit
    event = get_event(event_id)
    person = _get_active_user(username)
    helper = Helper.objects.select_related("user").filter(event=event, user=person).first()
    if helper:
        return helper, False
    check_may_help(event=event, person=person)
    if Helper.objects.filter(event=event).count() >= MOST_HELPERS:
        raise TooManyHelpers
    return Helper.objects.create(event=event, user=person), True


def check_may_help(*, event: Event, person: User) -> None:
    """Raise the same errors as `add_helper`, except for the number of helpers."""
    if event.is_cancelled:
        raise EventCancelled
    if not person.is_active:
        raise _unknown_username()
    if person.pk == event.created_by_id:
        raise BadValue(
            "username",
            "is_the_owner",
            "This person organizes the event and needs no helper access.",
        )


@transaction.atomic
def remove_helper(*, event_id: int, user_id: int) -> None:
    """Remove a helper, also from a cancelled event. Raises EventNotFound and HelperNotFound."""
    lock_tally(event_id)
    get_event(event_id)
    deleted, _ = Helper.objects.filter(event=event_id, user=user_id).delete()
    if not deleted:
        raise HelperNotFound


def remove_from_all_events(*, person: User) -> None:
    """Remove a deactivated user from all events they help at.

    They must be added again after a reactivation.
    """
    Helper.objects.filter(user=person).delete()


def _get_active_user(username: str) -> User:
    """Lock the user, because a concurrent deactivation would miss the new helper."""
    people = User.objects.select_for_update(no_key=True).filter(is_active=True)
    person = people.filter(Exact(Lower("username"), username.lower())).first()
    if person is None:
        raise _unknown_username()
    return person


def _unknown_username() -> BadValue:
    return BadValue("username", "does_not_exist", "No user has this username. Check its spelling.")
