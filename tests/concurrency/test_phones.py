"""Two accounts confirm one phone number at the same time, on real PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import PhoneCode, User
from accounts.phone_codes import code_hash
from accounts.services import phones
from core.errors import BadValue, TooManyTries
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import people

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

PHONE, CODE = "+4915112345678", "493028"
CROWD = 2


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(20) as rush:
        yield rush


def person_with_code() -> User:
    [person] = people(1)
    User.objects.filter(pk=person.pk).update(phone=PHONE)
    PhoneCode.objects.create(
        user=person,
        phone=PHONE,
        code_hash=code_hash(person.pk, PHONE, CODE),
        expires_at=timezone.now() + timedelta(minutes=10),
    )
    return person


class TestTwoAccounts:
    def round(self, rush: Rush, *expected: type[Exception]) -> int:
        """Return how many were refused. One account keeps the number."""
        User.objects.update(confirmed_phone="")
        crowd = [person_with_code() for _ in range(CROWD)]
        outcomes = rush([partial(phones.confirm_phone, user=person, code=CODE) for person in crowd])
        assert errors_other_than(outcomes, *expected) == []
        assert User.objects.filter(confirmed_phone=PHONE).count() == 1
        return sum(outcome != PHONE for outcome in outcomes)

    def test_one_account_keeps_the_number_without_errors(self, rush: Rush) -> None:
        assert {self.round(rush) for _ in rounds_of(100)} == {0}

    def test_control_raises_an_error_without_another_attempt(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(phones, "_ATTEMPTS", 1)
        assert any(self.round(rush, IntegrityError) == 1 for _ in range(CONTROL_ROUNDS))


class TestGuesses:
    """Twenty guesses at once for a code that allows five."""

    def round(self, rush: Rush) -> int:
        """Return how many guesses were compared with the code."""
        person = person_with_code()
        guesses = [partial(phones.confirm_phone, user=person, code=f"{n:06}") for n in range(20)]
        outcomes = rush(guesses)
        assert errors_other_than(outcomes, BadValue, TooManyTries) == []
        return sum(isinstance(outcome, BadValue) for outcome in outcomes)

    def test_five_guesses_are_compared(self, rush: Rush) -> None:
        assert {self.round(rush) for _ in rounds_of(25)} == {phones.MAX_TRIES}
