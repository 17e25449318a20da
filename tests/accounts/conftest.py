"""Ada with a second factor, Alma in the admin, and ways to be signed in."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.ways import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    prove,
    sign_in,
    turn_on_totp,
    verify,
)
from tests.client import Api
from tests.conftest import dead_redis
from tests.factories import PASSWORD


@pytest.fixture
def factor(ada: User) -> Factor:
    return turn_on_totp(ada)


@pytest.fixture
def as_verified(ada: User) -> Api:
    verify(ada)
    return bearer(sign_in()["access"])


@pytest.fixture
def as_proven(as_verified: Api) -> Api:
    prove(as_verified)
    return as_verified


@pytest.fixture
def as_owner(factor: Factor) -> Api:
    """Signed in with the second factor; the recovery code of number 9 is used up thereby."""
    return bearer(finish_login(begin_login(), factor.recovery_codes[9])["access"])


@pytest.fixture(params=["cache", "cache away"])
def any_cache(request: pytest.FixtureRequest, settings: Settings, nowhere: str) -> None:
    if request.param == "cache away":
        settings.CACHES = dead_redis(nowhere)


@pytest.fixture
def admin_cookie(alma: User) -> Client:
    client = Client()
    client.post("/admin/login/", {"username": "alma", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    return client
