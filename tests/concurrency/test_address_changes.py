"""Races: a change of the email address is undone several times, and during other changes."""

from collections.abc import Iterator
from functools import partial

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db.models import QuerySet
from django.utils import timezone

from accounts.allauth.client import Caller
from accounts.models import AddressChange, User
from accounts.notifications import Change, SecurityContext, undo_link
from accounts.services.address_changes import undo_email_change
from accounts.services.emails import change_email, verify_email
from core.errors import BadValue
from notifications.models import Notification
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import UserFactory

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

AT_ONCE = 10


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(AT_ONCE) as rush:
        yield rush


def undo_key(person: User) -> str:
    """Return the undo key of the person's first change."""
    change = AddressChange.objects.filter(user=person).earliest("pk")
    context = SecurityContext(Change.EMAIL_CHANGED, timezone.now(), reference=change.pk)
    link = undo_link(Notification(user=person), context)
    return link.partition("?key=")[2].replace("%3A", ":")


def undone(rush: Rush) -> int:
    """Return how often one key worked."""
    person = UserFactory.create()
    address = change_email(user=person, email=f"thief-of-{person.pk}@example.org")
    verify_email(key=EmailConfirmationHMAC(address).key, caller=Caller())
    undo = partial(undo_email_change, key=undo_key(person), caller=Caller())
    outcomes = rush([undo] * AT_ONCE)
    assert errors_other_than(outcomes, BadValue) == []
    return sum(isinstance(outcome, EmailAddress) for outcome in outcomes)


def test_key_undoes_a_change_once(rush: Rush) -> None:
    for _ in rounds_of(30):
        assert undone(rush) == 1


def test_control_undoes_a_change_several_times_without_the_lock(
    rush: Rush, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())
    assert any(undone(rush) > 1 for _ in range(CONTROL_ROUNDS))


def test_undo_wins_over_a_simultaneous_verification(rush: Rush) -> None:
    for _ in rounds_of(20):
        person = UserFactory.create()
        old = person.email
        address = change_email(user=person, email=f"thief-of-{person.pk}@example.org")
        key = EmailConfirmationHMAC(address).key
        undo = partial(undo_email_change, key=undo_key(person), caller=Caller())
        outcomes = rush([undo, partial(verify_email, key=key, caller=Caller())])
        assert errors_other_than(outcomes, BadValue) == []
        assert isinstance(outcomes[0], EmailAddress)
        person.refresh_from_db()
        assert person.email == old
        assert [address.email for address in EmailAddress.objects.filter(user=person)] == [old]
