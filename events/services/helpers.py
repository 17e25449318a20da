"""Who helps at an event: named by its owner, or by an admin."""

from django.db import transaction
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User
from core.errors import BadValue
from events.exceptions import EventCancelled, HelperNotFound, TooManyHelpers
from events.models import Event, Helper
from events.models.helpers import MOST_HELPERS
from events.services.events import current
from events.services.tallies import lock_tally


@transaction.atomic
def add_helper(*, event_id: int, username: str) -> tuple[Helper, bool]:
    """Have the person help at the event; and whether that is new.

    The name counts whatever its case, as at login; an address is no name, or one could find out
    whose it is. Raises EventNotFound, EventCancelled, TooManyHelpers, and BadValue for a name
    that no active person has (`does_not_exist`) and for the owner's (`is_the_owner`).
    """
    lock_tally(event_id)  # so that two at once are counted
    event = current(event_id)
    person = _active(username)
    there = Helper.objects.select_related("user").filter(event=event, user=person).first()
    if there:
        return there, False
    check_may_help(event=event, person=person)
    if Helper.objects.filter(event=event).count() >= MOST_HELPERS:
        raise TooManyHelpers
    return Helper.objects.create(event=event, user=person), True


def check_may_help(*, event: Event, person: User) -> None:
    """Raise what `add_helper` would of this person at this event."""
    if event.is_cancelled:
        raise EventCancelled
    if not person.is_active:
        raise _nobody()
    if person.pk == event.created_by_id:
        raise BadValue("username", "is_the_owner", "The organizer may do all that helpers do.")


@transaction.atomic
def remove_helper(*, event_id: int, user_id: int) -> None:
    """Also at a cancelled event. Raises EventNotFound and HelperNotFound."""
    lock_tally(event_id)
    current(event_id)
    deleted, _ = Helper.objects.filter(event=event_id, user=user_id).delete()
    if not deleted:
        raise HelperNotFound


def help_nowhere(*, person: User) -> None:
    """Of somebody whose account has ended; who comes back is to be named anew."""
    Helper.objects.filter(user=person).delete()


def _active(username: str) -> User:
    """The person, whom nobody deactivates until the transaction ends: else a row could be left."""
    people = User.objects.select_for_update(no_key=True).filter(is_active=True)
    person = people.filter(Exact(Lower("username"), username.lower())).first()
    if person is None:
        raise _nobody()
    return person


def _nobody() -> BadValue:
    return BadValue("username", "does_not_exist", "Nobody has this username.")
