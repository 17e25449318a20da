"""Races for codes, keys and addresses that may be used once or tried a few times."""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.db.models import QuerySet
from pytest_django.fixtures import Settings

from accounts.allauth.client import Caller
from accounts.exceptions import IncorrectCode, InvalidCredentials, LoginExpired
from accounts.models import User
from accounts.notifications import reset_link
from accounts.services import emails, login, passwords
from accounts.services.login import (
    SecondFactor,
    finish_login,
    log_in,
    log_in_with_passkey,
    passkey_options,
)
from accounts.services.sessions import Tokens
from core import ratelimit
from core.errors import BadValue, TooManyTries
from core.models import LimitWindow
from notifications.kinds import Context
from notifications.models import Notification
from tests.accounts.login import Factor, turn_on_totp
from tests.client import Api
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rush_of
from tests.factories import PASSWORD, UserFactory
from tests.standins.passkey import Passkey

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

AT_ONCE = 20


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(AT_ONCE) as rush:
        yield rush


def begin(person: User, number: int = AT_ONCE) -> list[str]:
    """Return session tokens of this many logins that wait for a second factor."""
    outcomes = [log_in(login=person.username, password=PASSWORD) for _ in range(number)]
    return [outcome.session_token for outcome in outcomes if isinstance(outcome, SecondFactor)]


def finish_all(rush: Rush, pending: list[str], codes: list[str]) -> list[Any]:
    return rush(
        [
            partial(finish_login, session_token=token, code=code, caller=Caller())
            for token, code in zip(pending, codes, strict=True)
        ]
    )


def count_logins(outcomes: list[Any]) -> int:
    assert errors_other_than(outcomes, IncorrectCode) == []
    return sum(isinstance(outcome, Tokens) for outcome in outcomes)


class TestCodes:
    """One code is used for 20 logins at once, all of which have the password."""

    @pytest.fixture
    def ada(self) -> User:
        person: User = UserFactory.create(username="ada")
        return person

    @pytest.fixture
    def factor(self, ada: User) -> Factor:
        return turn_on_totp(ada)

    def test_code_of_the_app_finishes_one_login(
        self, rush: Rush, ada: User, factor: Factor
    ) -> None:
        pending = begin(ada)
        assert count_logins(finish_all(rush, pending, [factor.code(1)] * AT_ONCE)) == 1
        assert UserSession.objects.count() == 1

    def test_recovery_code_finishes_one_login(self, rush: Rush, ada: User, factor: Factor) -> None:
        for code in factor.recovery_codes[:5]:
            assert count_logins(finish_all(rush, begin(ada), [code] * AT_ONCE)) == 1

    def test_different_recovery_codes_finish_all_logins_once(
        self, rush: Rush, ada: User, factor: Factor
    ) -> None:
        codes = factor.recovery_codes
        assert count_logins(finish_all(rush, begin(ada, 10), codes)) == 10
        LimitWindow.objects.all().delete()
        assert count_logins(finish_all(rush, begin(ada, 10), codes)) == 0

    def test_control_finishes_several_logins_with_one_code(
        self,
        rush: Rush,
        ada: User,
        factor: Factor,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Remove our mark in the database, and allauth's in the cache, which may be away."""
        monkeypatch.setattr(ratelimit, "is_first", lambda *_, **__: True)
        monkeypatch.setattr(type(caches["default"]), "add", lambda *_, **__: True)
        rounds = (
            finish_all(rush, begin(ada), [factor.code(1)] * AT_ONCE) for _ in range(CONTROL_ROUNDS)
        )
        assert any(count_logins(outcomes) > 1 for outcomes in rounds)

    def test_only_five_wrong_codes_are_checked(
        self, rush: Rush, ada: User, factor: Factor, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = True
        pending = begin(ada)
        wrong = factor.wrong_codes(17)
        outcomes = []
        for _ in range(3):
            outcomes += finish_all(rush, pending[:17], wrong)
        kinds = Counter(type(outcome) for outcome in outcomes)
        assert kinds == {IncorrectCode: 5, TooManyTries: 46}

    def test_one_login_is_finished_once(self, rush: Rush, ada: User, factor: Factor) -> None:
        """Confirm with ten right codes."""
        [token] = begin(ada, 1)
        outcomes = finish_all(rush, [token] * 10, factor.recovery_codes)
        assert errors_other_than(outcomes, LoginExpired) == []
        assert sum(isinstance(outcome, Tokens) for outcome in outcomes) == 1
        assert UserSession.objects.count() == 1


class TestKeys:
    def key(self, person: User) -> str:
        person.refresh_from_db()
        return reset_link(Notification(user=person), Context()).partition("?key=")[2]

    def round(self, rush: Rush, person: User) -> int:
        key = self.key(person)
        outcomes = rush(
            [
                partial(
                    passwords.reset_password,
                    key=key,
                    password=f"fine password number {number}",
                    caller=Caller(),
                )
                for number in range(10)
            ]
        )
        assert errors_other_than(outcomes, BadValue) == []
        return outcomes.count(None)

    def test_key_to_reset_a_password_works_once(self, rush: Rush) -> None:
        person = UserFactory.create()
        for _ in range(10):
            assert self.round(rush, person) == 1

    def test_control_uses_a_key_several_times_without_the_lock(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())
        person = UserFactory.create()
        assert any(self.round(rush, person) > 1 for _ in range(CONTROL_ROUNDS))


class TestAddresses:
    def test_one_address_is_verified_by_one_person(self, rush: Rush) -> None:
        """Ten users change to one address, and open their links at the same moment."""
        for number in range(10):
            email = f"wanted{number}@example.com"
            people = UserFactory.create_batch(10)
            keys = [
                EmailConfirmationHMAC(emails.change_email(user=person, email=email)).key
                for person in people
            ]
            outcomes = rush(
                [partial(emails.verify_email, key=key, caller=Caller()) for key in keys]
            )
            assert errors_other_than(outcomes, BadValue) == []
            assert outcomes.count(email) == 1
            assert User.objects.filter(email=email).count() == 1
            assert EmailAddress.objects.filter(email=email, verified=True).count() == 1
        self.check()

    def test_one_key_verifies_once(self, rush: Rush) -> None:
        for _ in range(5):
            person = UserFactory.create(has_verified_email=False)
            key = EmailConfirmationHMAC(EmailAddress.objects.get(user=person)).key
            outcomes = rush([partial(emails.verify_email, key=key, caller=Caller())] * 10)
            assert errors_other_than(outcomes, BadValue) == []
            assert person.email in outcomes
        self.check()

    def check(self) -> None:
        """Check that all users have their primary address, and no address is taken twice."""
        for person in User.objects.all():
            primary = EmailAddress.objects.get(user=person, primary=True)
            assert primary.email == person.email


class TestPasskeys:
    """One assertion of a passkey is used for 20 logins at once."""

    def assertion(self) -> dict[str, Any]:
        ada = UserFactory.create(username="ada")
        EmailAddress.objects.filter(user=ada).update(verified=True)
        api, passkey = Api(ada), Passkey()
        api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
        credential = passkey.create(api.post("/passkeys/", {}, expect=200)["creation_options"])
        api.post("/passkeys/", {"name": "Phone", "credential": credential})
        UserSession.objects.all().delete()
        options, token = passkey_options(session_token="", caller=Caller())
        return {"session_token": token, "credential": passkey.get(options), "caller": Caller()}

    def log_in_at_once(self, rush: Rush) -> int:
        outcomes = rush([partial(log_in_with_passkey, **self.assertion())] * AT_ONCE)
        assert errors_other_than(outcomes, InvalidCredentials, LoginExpired) == []
        return UserSession.objects.count()

    def test_assertion_opens_one_session(self, rush: Rush) -> None:
        assert self.log_in_at_once(rush) == 1

    def test_control_opens_several_sessions_without_the_lock(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login, "locked_login", lambda _: nullcontext())
        assert any(self.log_in_at_once(rush) > 1 for _ in range(CONTROL_ROUNDS))
