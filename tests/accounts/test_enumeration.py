"""No response reveals whether an account exists, and neither does its time.

Statements and hashing take the time, and both are counted here. `benchmarks/enumeration.py`
measures the time itself.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.hashers import Argon2
from accounts.models import User
from accounts.services.lifecycle import deactivate
from tests.accounts.login import turn_on_totp
from tests.client import Api
from tests.factories import UserFactory

pytestmark = pytest.mark.slow

HASHED: Counter[str] = Counter()


class CountingArgon2(Argon2):
    """The hasher of new passwords, with a count of its calls."""

    memory_cost = 64
    time_cost = 1

    def encode(self, password: str, salt: str) -> str:
        HASHED[str(self.algorithm)] += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        HASHED[str(self.algorithm)] += 1
        return super().verify(password, encoded)


class CountingPBKDF2(PBKDF2PasswordHasher):
    """The former hasher, with a count of its calls."""

    iterations = 10

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        HASHED[str(self.algorithm)] += 1
        return str(super().encode(password, salt, iterations))


@dataclass(frozen=True)
class TimedResponse:
    status: int
    body: bytes
    headers: list[str]
    statements: list[str]
    hashings: Counter[str]


@pytest.fixture(autouse=True)
def _hasher(settings: Settings) -> Iterator[None]:
    settings.PASSWORD_HASHERS = [
        f"{__name__}.{name}" for name in ("CountingArgon2", "CountingPBKDF2")
    ]
    settings.RATE_LIMITS = True
    yield
    HASHED.clear()


@pytest.fixture
def people(db: None) -> None:
    """Return a user of each kind."""
    UserFactory.create(username="known")
    wordless = UserFactory.create(username="wordless")
    wordless.set_unusable_password()
    wordless.save()
    deactivate(user=UserFactory.create(username="inactive"))
    turn_on_totp(UserFactory.create(username="careful"))


@pytest.fixture(params=[False, True], ids=["new", "upgraded"])
def each_hash(request: Any, people: None) -> Counter[str]:
    """Add a user with a hash of an earlier version, or none; return the hashings of one form."""
    if not request.param:
        return Counter(argon2=1)
    old_hash = make_password("correct horse battery", hasher="pbkdf2_sha256")
    user = UserFactory.create(username="former")
    User.objects.filter(pk=user.pk).update(password=old_hash)
    return Counter(argon2=1, pbkdf2_sha256=1)


def ask(path: str, body: dict[str, str]) -> TimedResponse:
    HASHED.clear()
    with CaptureQueriesContext(connection) as captured:
        response: Any = Api().client.post(f"/api{path}", body)
    verbs = [query["sql"].split("WHERE")[0].split("VALUES")[0] for query in captured]
    return TimedResponse(
        response.status_code, response.content, sorted(response.headers), verbs, HASHED.copy()
    )


KINDS = ["known", "wordless", "inactive", "careful", "KNOWN", "former"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["{}", "{}@example.com"], ids=["name", "address"])
def test_wrong_password_responds_as_an_unknown_name(
    each_hash: Counter[str], kind: str, form: str
) -> None:
    unknown = ask("/login/", {"username": form.format("nobody"), "password": "wrong"})
    known = ask("/login/", {"username": form.format(kind), "password": "wrong"})
    assert known == unknown
    assert (known.status, known.hashings) == (401, each_hash)


@pytest.mark.parametrize("kind", KINDS)
def test_password_with_two_forms_is_hashed_twice_for_every_name(
    each_hash: Counter[str], kind: str
) -> None:
    """Hashes of earlier versions can be of the text as typed, so both forms are tried."""
    body = {"password": "cafe\u0301 au lait"}
    known, unknown = (ask("/login/", body | {"username": name}) for name in (kind, "nobody"))
    assert known == unknown
    assert (known.status, known.hashings) == (401, each_hash + each_hash)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["/password/reset/", "/email/verify/resend/"])
def test_request_for_a_mail_responds_as_for_an_unknown_address(
    people: None, path: str, kind: str
) -> None:
    unknown = ask(path, {"email": "nobody@example.com"})
    known = ask(path, {"email": f"{kind}@example.com"})
    assert known == unknown
    assert (known.status, known.hashings) == (202, Counter())


@pytest.mark.parametrize("hasher", ["argon2", "pbkdf2_sha256"])
def test_correct_password_of_an_inactive_user_responds_as_an_unknown_name(
    each_hash: Counter[str], hasher: str
) -> None:
    body = {"password": "correct horse battery"}
    hashed = make_password(body["password"], hasher=hasher)
    User.objects.filter(username="inactive").update(password=hashed)
    unknown = ask("/login/", body | {"username": "nobody"})
    inactive = ask("/login/", body | {"username": "inactive"})
    assert inactive == unknown
    assert inactive.status == 401


def test_control_tells_a_former_hash_without_the_other_hashings(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.models.users.spend_other_hashings", lambda *_, **__: None)
    hashed = make_password("correct horse battery", hasher="pbkdf2_sha256")
    User.objects.filter(username="known").update(password=hashed)
    unknown, known = (
        ask("/login/", {"username": name, "password": "wrong"}) for name in ("nobody", "known")
    )
    assert (known.hashings, unknown.hashings) == (Counter(pbkdf2_sha256=1), Counter(argon2=1))


def test_correct_password_responds_differently(people: None) -> None:
    """Control: the test would notice a difference."""
    body = {"password": "correct horse battery"}
    known, unknown = (ask("/login/", body | {"username": name}) for name in ("known", "nobody"))
    assert (known.status, unknown.status) == (200, 401)
    assert known.statements != unknown.statements


def test_sixth_guess_reveals_no_more_than_the_first(people: None) -> None:
    for number in range(21):
        body = {"password": str(number)}
        known = ask("/login/", body | {"username": "known"})
        unknown = ask("/login/", body | {"username": "nobody"})
        assert (known.status, known.body, known.headers) == (
            unknown.status, unknown.body, unknown.headers,
        )  # fmt: skip


def test_mails_over_the_limit_get_the_same_response(people: None) -> None:
    assert not User.objects.filter(email="nobody@example.com").exists()
    statuses = {
        ask("/password/reset/", {"email": f"{name}@example.com"}).status
        for name in ("known", "nobody")
        for _ in range(12)
    }
    assert statuses == {202}
