"""Limits on attempts at a secret."""

import time

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services import login
from core.ratelimit import TooManyTries, forget, give_back, is_first, spend
from tests.client import Api, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _limits_are_on(settings: Settings) -> None:
    settings.RATE_LIMITS = True


def tries(key: str, *, limit: int, window_s: int = 60) -> int:
    """Spend all remaining tries; return their number."""
    spent = 0
    while True:
        try:
            spend(key, limit=limit, window_s=window_s)
        except TooManyTries:
            return spent
        spent += 1


def test_try_over_the_limit_is_refused_with_a_wait() -> None:
    assert tries("code:ada", limit=3) == 3
    with pytest.raises(TooManyTries) as refused:
        spend("code:ada", limit=3, window_s=60)
    assert refused.value.retry_after_s in (59, 60)
    assert tries("code:sam", limit=3) == 3


def test_several_tries_are_spent_together_or_not_at_all() -> None:
    spend("dates", limit=10, window_s=60, number=7)
    with pytest.raises(TooManyTries):
        spend("dates", limit=10, window_s=60, number=4)
    spend("dates", limit=10, window_s=60, number=3)


def test_tries_are_available_after_the_window() -> None:
    assert tries("code:ada", limit=3, window_s=1) == 3
    time.sleep(1)
    assert tries("code:ada", limit=3, window_s=1) == 3


def test_returned_try_is_available_again() -> None:
    tries("code:ada", limit=3)
    give_back("code:ada")
    assert tries("code:ada", limit=3) == 1


def test_unspent_tries_cannot_be_returned() -> None:
    spend("code:ada", limit=3, window_s=60)
    for _ in range(3):
        give_back("code:ada")
    give_back("code:nobody")
    assert tries("code:ada", limit=3) == 3


def test_forget_makes_all_tries_available() -> None:
    tries("code:ada", limit=3)
    tries("code:sam", limit=3)
    forget("code:ada")
    assert (tries("code:ada", limit=3), tries("code:sam", limit=3)) == (3, 0)


def test_one_caller_in_a_window_is_first() -> None:
    assert [is_first("totp:ada:123456", window_s=1) for _ in range(3)] == [True, False, False]
    assert is_first("totp:sam:123456", window_s=1)
    time.sleep(1)
    assert is_first("totp:ada:123456", window_s=1)


def test_tries_and_firsts_of_a_key_are_separate() -> None:
    assert is_first("ada", window_s=60)
    assert tries("ada", limit=2) == 2
    forget("ada")
    assert not is_first("ada", window_s=60)


def test_switched_off_limits_leave_firsts_on(settings: Settings) -> None:
    settings.RATE_LIMITS = False
    for _ in range(3):
        spend("code:ada", limit=1, window_s=60)
    assert [is_first("code", window_s=60) for _ in range(2)] == [True, False]


def test_refusal_keeps_the_outer_transaction(ada: User) -> None:
    with transaction.atomic():
        spend("code:ada", limit=1, window_s=60)
        with pytest.raises(TooManyTries):
            spend("code:ada", limit=1, window_s=60)
        User.objects.filter(pk=ada.pk).update(bio="still works")
    ada.refresh_from_db()
    assert ada.bio == "still works"


def test_rollback_returns_tries_and_firsts() -> None:
    with transaction.atomic():
        spend("code:ada", limit=1, window_s=60)
        assert is_first("code", window_s=60)
        transaction.set_rollback(True)
    assert tries("code:ada", limit=1) == 1
    assert is_first("code", window_s=60)


def test_refusal_is_429_with_retry_after(as_nobody: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: str) -> None:
        raise TooManyTries(retry_after_s=7)

    monkeypatch.setattr(login, "log_in", refuse)
    body = {"username": "ada", "password": "wrong"}
    assert refusal(as_nobody.post("/login/", body, expect=429)) == ("throttled",)
    assert as_nobody.client.post("/api/login/", body).headers["Retry-After"] == "7"
