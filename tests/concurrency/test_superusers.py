"""The only two superusers remove each other at the same instant, in different ways.

One of them always stays. Before, only erasures had a lock: both of two deactivations found
the other superuser, and an installation was left without one.
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from accounts.exceptions import LastAdmin
from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate, lock_unless_last
from tests.accounts.test_admin_rights import form, page_of
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import UserFactory

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

Removal = Callable[[User, User], Callable[[], Any]]


def by_deactivation(actor: User, person: User) -> Callable[[], Any]:
    return partial(deactivate, user=person)


def by_erasure(actor: User, person: User) -> Callable[[], Any]:
    return partial(erase, user_id=person.pk)


def by_the_form(actor: User, person: User) -> Callable[[], Any]:
    client = Client()
    client.force_login(actor)
    return partial(client.post, page_of(person), form(person, is_staff="on"))


REMOVALS = [by_deactivation, by_erasure, by_the_form]
PAIRS = [
    pytest.param(*pair, id=" and ".join(removal.__name__.removeprefix("by_") for removal in pair))
    for pair in combinations_with_replacement(REMOVALS, 2)
]


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Widen the gap between the search for another superuser and the commit."""

    def lock_slowly(user_id: int) -> User:
        person = lock_unless_last(user_id)
        time.sleep(0.02)
        return person

    for module in ("services.lifecycle", "services.erasure", "admin.people"):
        monkeypatch.setattr(f"accounts.{module}.lock_unless_last", lock_slowly)


def left_after(rush: Rush, one: Removal, other: Removal) -> int:
    """Play a round, and return how many active superusers are left."""
    User.objects.filter(is_superuser=True).update(is_superuser=False)
    first, second = (UserFactory.create(is_superuser=True, is_staff=True) for _ in range(2))
    outcomes = rush([one(first, second), other(second, first)])
    assert errors_other_than(outcomes, LastAdmin) == []
    return User.objects.filter(is_superuser=True, is_active=True).count()


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_one_superuser_stays(one: Removal, other: Removal) -> None:
    with rush_of(2) as rush:
        assert [left_after(rush, one, other) for _ in rounds_of(25)] == [1] * len(rounds_of(25))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_control_removes_both_superusers_without_the_lock(
    one: Removal, other: Removal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows.all())
    with rush_of(2) as rush:
        assert any(left_after(rush, one, other) == 0 for _ in range(CONTROL_ROUNDS))
