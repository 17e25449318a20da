"""Races: one id_token is used for 20 logins at once."""

from collections.abc import Iterator
from functools import partial

import pytest
from allauth.usersessions.models import UserSession

from accounts.allauth.client import Caller
from accounts.exceptions import InvalidCredentials
from accounts.services.providers import log_in_with_provider
from core import ratelimit
from core.errors import BadValue
from tests.accounts.conftest import provider
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rush_of
from tests.standins.provider import Provider

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

__all__ = ["provider"]

AT_ONCE = 20


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(AT_ONCE) as rush:
        yield rush


def sessions_opened(rush: Rush, provider: Provider) -> int:
    """Return the number of sessions that one ID token opens for an existing account."""
    log_in = partial(log_in_with_provider, provider="google", caller=Caller())
    log_in(proof={"id_token": provider.id_token("google")})
    UserSession.objects.all().delete()
    token = provider.id_token("google")
    outcomes = rush([partial(log_in, proof={"id_token": token})] * AT_ONCE)
    assert errors_other_than(outcomes, BadValue, InvalidCredentials) == []
    return UserSession.objects.count()


def test_id_token_opens_one_session(rush: Rush, provider: Provider) -> None:
    assert sessions_opened(rush, provider) == 1


def test_control_opens_several_sessions_without_the_mark(
    rush: Rush, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "is_first", lambda *_, **__: True)
    assert any(sessions_opened(rush, provider) > 1 for _ in range(CONTROL_ROUNDS))
