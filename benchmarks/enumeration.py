"""Measures whether response times show that an account exists.

    python -m benchmarks.enumeration

Sends requests for a known and an unknown person by turns, 200 each, in one process on the
PostgreSQL and Redis of the run, with the password hashers of production. The floor is the
difference between two halves of the unknown ones, which are alike.
"""

import os
import time
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
    "REDIS_URL": os.environ["TEST_REDIS_URL"],
    "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
    "DEBUG": "off",
    "HTTPS": "off",
    "RATE_LIMITS": "off",
    "LOG_LEVEL": "ERROR",
}

import django

django.setup()

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.test import Client

from accounts.models import User

TRIES = 200
MOST = 0.10  # of the median


def main() -> None:
    call_command("migrate", verbosity=0)
    _add_people("known", hasher="argon2")
    print("| what | known ms | unknown ms | difference | between unknown ones |")
    print("|---|---|---|---|---|")
    differences = [
        _compare("log in", "/api/login/", "username", "{}"),
        _compare("ask for a new password", "/api/password/reset/", "email", "{}@example.com"),
        _compare("ask for the mail again", "/api/email/verify/resend/", "email", "{}@example.com"),
    ]
    _add_people("former", hasher="pbkdf2_sha256")
    differences += [
        _compare("log in, hashes of an earlier version left", "/api/login/", "username", "{}"),
        _compare("log in with such a hash", "/api/login/", "username", "{}", kind="former"),
    ]
    if max(differences) >= MOST:
        raise SystemExit(f"A difference of {MOST:.0%} or more tells who has an account.")


def _add_people(name: str, *, hasher: str) -> None:
    hashed = make_password("a fine password", hasher=hasher)  # one for all: hashing is slow
    people = User.objects.bulk_create(
        User(username=f"{name}{number}", email=f"{name}{number}@example.com", password=hashed)
        for number in range(TRIES)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, primary=True) for person in people
    )


def _compare(name: str, path: str, field: str, form: str, *, kind: str = "known") -> float:
    """Request each person once, so that caches favour none of them."""
    took: dict[str, list[float]] = {kind: [], "unknown": []}
    for number in range(-10, TRIES):
        pair = list(took)
        for each in pair if number % 2 else pair[::-1]:
            seconds = _ask(path, {field: form.format(f"{each}{abs(number)}")})
            if number >= 0:
                took[each].append(seconds)
    known, unknown = median(took[kind]), median(took["unknown"])
    floor = abs(median(took["unknown"][::2]) - median(took["unknown"][1::2])) / unknown
    difference = abs(known - unknown) / unknown
    print(
        f"| {name} | {known * 1000:.2f} | {unknown * 1000:.2f} | {difference:.1%} | {floor:.1%} |"
    )
    return difference


def _ask(path: str, body: dict[str, str]) -> float:
    client = Client(headers={"host": "localhost"})
    if path == "/api/login/":
        body = body | {"password": "wrong"}
    began = time.perf_counter()
    answer = client.post(path, body, "application/json")
    took = time.perf_counter() - began
    assert answer.status_code in (202, 401), answer.content
    return took


if __name__ == "__main__":
    main()
