"""Measures authentication: the signature of a token, the snapshot in Redis, and the database.

    python -m benchmarks.authentication

In one process on the PostgreSQL and Redis of the run, without HTTP. A token's signature
is checked once in each process.
"""

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
    "REDIS_URL": os.environ["TEST_REDIS_URL"],
    "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
    "LOG_LEVEL": "WARNING",
}

import django

django.setup()

from django.core.management import call_command
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import AccessToken

from accounts import snapshots
from accounts.authentication import SessionTokenAuthentication
from accounts.models import User
from accounts.services.login import log_in
from accounts.services.sessions import Tokens

ROUNDS = 2_000
PASSWORD = "correct horse battery"  # noqa: S105


def main() -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("bench-who", "bench-who@example.com", PASSWORD)
    tokens = log_in(login=user.username, password=PASSWORD)
    assert isinstance(tokens, Tokens)
    raw = tokens.access.encode()
    authentication = SessionTokenAuthentication()
    session_id = int(authentication.get_validated_token(raw)["sid"])

    header = {"Authorization": f"Bearer {tokens.access}"}
    request = Request(RequestFactory().get("/", headers=header), parser_context={"view": APIView()})

    def known() -> Any:
        return authentication.authenticate(request)

    def unknown() -> Any:
        snapshots.forget(user.pk)
        return known()

    def asked() -> Any:
        authentication.get_validated_token(raw)
        return User.objects.get(pk=user.pk, is_active=True, usersession=session_id)

    print("| authentication | µs |\n|---|---|")
    for what, call in (
        ("the signature alone", lambda: AccessToken(tokens.access)),  # type: ignore[arg-type]
        ("known token and snapshot, and the limits in Redis: no query", known),
        ("a query instead", asked),
        ("first request after a change: a query, and the snapshot written", unknown),
    ):
        print(f"| {what} | {_microseconds(call):,.0f} |")
    user.delete()


def _microseconds(call: Callable[[], Any]) -> float:
    for _ in range(ROUNDS // 10):
        call()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return median(times) * 1e6


if __name__ == "__main__":
    main()
