"""Tokens and permissions end immediately with their session, account or password."""

from collections.abc import Callable
from threading import Thread

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.db import connections

from accounts.models import User
from accounts.services.lifecycle import deactivate, reactivate
from tests.accounts.login import (
    NEW_PASSWORD,
    bearer,
    is_accepted,
    is_over,
    reuse_refresh_token,
    sign_in,
)
from tests.client import Api, committed
from tests.factories import PASSWORD, event_body


@pytest.fixture
def tokens(ada: User) -> dict[str, str]:
    return sign_in()


def log_out(tokens: dict[str, str], ada: User) -> None:
    bearer(tokens["access"]).post("/logout/", expect=204)


def end_from_elsewhere(tokens: dict[str, str], ada: User) -> None:
    bearer(sign_in()["access"]).delete("/sessions/")


def change_password(tokens: dict[str, str], ada: User) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    bearer(sign_in()["access"]).post("/password/change/", body, expect=204)


def lock_out(tokens: dict[str, str], ada: User) -> None:
    with committed():
        deactivate(user=ada)


def lock_out_and_back(tokens: dict[str, str], ada: User) -> None:
    with committed():
        deactivate(user=ada)
    with committed():
        reactivate(user=ada)


def reuse(tokens: dict[str, str], ada: User) -> None:
    reuse_refresh_token(tokens)


def delete_row(tokens: dict[str, str], ada: User) -> None:
    with committed():
        UserSession.objects.get(user=ada).delete()


def delete_person(tokens: dict[str, str], ada: User) -> None:
    with committed():
        ada.delete()


ENDS = [
    log_out, end_from_elsewhere, change_password, lock_out, lock_out_and_back, reuse,
    delete_row, delete_person,
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_both_tokens_die_at_once(
    tokens: dict[str, str], ada: User, end: Callable[[dict[str, str], User], None]
) -> None:
    assert is_accepted(tokens["access"])
    end(tokens, ada)
    assert is_over(tokens)


@pytest.mark.django_db(transaction=True)
def test_another_thread_refuses_the_token_at_once(ada: User) -> None:
    """The thread has connections of its own to the cache and the database."""
    tokens = sign_in()
    seen: list[bool] = []

    def look() -> None:
        seen.append(is_accepted(tokens["access"]))
        connections.close_all()
        caches["default"].close()

    for is_last in (False, True):
        if is_last:
            log_out(tokens, ada)
        thread = Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [True, False]


def test_revoked_permission_ends_with_the_next_request(
    olive: User, as_olive: Api, admin_page: Callable[..., str]
) -> None:
    as_olive.post("/events/", event_body())
    admin_page(
        f"/accounts/user/{olive.pk}/change/",
        {"username": "olive", "email": olive.email, "timezone": "UTC"},
    )
    as_olive.post("/events/", event_body(), expect=403)


def test_person_deactivated_in_the_admin_is_out_with_the_next_request(
    ada: User, tokens: dict[str, str], admin_page: Callable[..., str]
) -> None:
    assert is_accepted(tokens["access"])
    admin_page(
        "/accounts/user/",
        {"action": "deactivate", "_selected_action": [ada.pk], "confirmed": "yes"},
    )
    assert is_over(tokens)
