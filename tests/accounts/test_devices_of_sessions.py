"""Push devices end with the session that registered them.

Before, an attacker's phone received every push message after the owner changed the password,
and the attacker's calendar every change of the owner's events.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate
from accounts.services.sessions import forget_dead_sessions
from notifications.channels import Recipient, push
from notifications.models import Device
from notifications.selectors import devices_in_use
from notifications.services import add_device
from rsvp.calendar.feeds import person_of, secret_of
from rsvp.exceptions import FeedNotFound
from tests.accounts.login import NEW_PASSWORD, bearer, reauthenticate, sign_in
from tests.accounts.mailed import keys_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD


def register(api: Api, token: str) -> None:
    api.post("/devices/", {"token": token, "platform": "android"})


def devices(user: User) -> list[str]:
    return list(Device.objects.filter(user=user).order_by("pk").values_list("token", flat=True))


def change_password(api: Api) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    api.post("/password/change/", body, expect=204)


def reset_password(user: User) -> None:
    Api().post("/password/reset/", {"email": user.email}, expect=202)
    body = {"key": keys_mailed("reset-password")[-1], "password": NEW_PASSWORD}
    Api().post("/password/reset/confirm/", body, expect=204)


def set_password(user: User) -> None:
    """Set a password as the admin and `manage.py changepassword` do."""
    user.set_password(NEW_PASSWORD)
    user.save()


def undo_address_change(user: User, thief: Api) -> None:
    """Undo a change to an attacker's address by the link in the mail to the old one."""
    reauthenticate(thief)
    thief.post("/email/change/", {"email": "thief@example.com"}, expect=202)
    key = keys_mailed("verify-email", to="thief@example.com")[-1]
    Api().post("/email/verify/", {"key": key}, expect=200)
    key = keys_mailed("undo-email-change")[-1]
    Api().post("/email/change/undo/", {"key": key}, expect=200)


@pytest.fixture
def phones(ada: User, as_ada: Api) -> Api:
    """Register Ada's phone and an attacker's, each with a session, and one without a session."""
    register(as_ada, "adas")
    thief = bearer(sign_in()["access"])
    register(thief, "thiefs")
    add_device(user_id=ada.pk, token="of-old", platform="ios")
    return thief


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (lambda ada, thief: thief.post("/logout/", expect=204), ["adas", "of-old"]),
        (lambda ada, thief: change_password(thief), ["thiefs"]),
        (lambda ada, thief: thief.delete("/sessions/"), ["thiefs"]),
        (lambda ada, thief: reset_password(ada), []),
        (lambda ada, thief: set_password(ada), []),
        (lambda ada, thief: deactivate(user=ada), []),
        (lambda ada, thief: erase(user_id=ada.pk), []),
        (lambda ada, thief: undo_address_change(ada, thief), []),
    ],
    ids=[
        "logout",
        "password change",
        "sign out elsewhere",
        "password reset",
        "password set by an admin",
        "deactivation",
        "erasure",
        "undone address change",
    ],
)
def test_devices_end_with_their_sessions(
    ada: User, phones: Api, end: Callable[[User, Api], Any], left: list[str]
) -> None:
    end(ada, phones)
    assert devices(ada) == left


def test_device_ends_with_a_session_that_is_ended_in_the_list(
    ada: User, as_ada: Api, phones: Api
) -> None:
    [thiefs] = [session for session in phones.get("/sessions/")["results"] if session["current"]]
    as_ada.delete(f"/sessions/{thiefs['id']}/")
    assert devices(ada) == ["adas", "of-old"]


def test_device_ends_where_a_refresh_token_is_used_twice(ada: User) -> None:
    tokens = sign_in()
    register(bearer(tokens["access"]), "adas")
    body = {"refresh": tokens["refresh"]}
    Api().post("/token/refresh/", body, expect=200)
    UserSession.objects.update(data={"refresh": "of a later one"})
    Api().post("/token/refresh/", body, expect=401)
    assert devices(ada) == []


def test_device_ends_with_an_expired_session(ada: User, phones: Api, time_machine: Any) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=15))
    forget_dead_sessions()
    assert devices(ada) == ["of-old"]


def test_device_of_an_expired_session_is_sent_nothing_before_it_is_deleted(
    ada: User, phones: Api, time_machine: Any
) -> None:
    """Expired sessions are deleted once a day."""
    time_machine.move_to(timezone.now() + timedelta(days=15))
    in_use = devices_in_use().filter(user=ada)
    assert [device.token for device in in_use] == ["of-old"]
    assert push.recipients([ada]) == {ada.pk: [Recipient(str(in_use.get().pk))]}


def test_device_survives_a_refresh(ada: User) -> None:
    tokens = sign_in()
    register(bearer(tokens["access"]), "adas")
    Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
    assert devices(ada) == ["adas"]


def test_device_cannot_be_registered_by_a_session_that_has_ended(ada: User, as_ada: Api) -> None:
    as_ada.post("/logout/", expect=204)
    problem = as_ada.post("/devices/", {"token": "adas", "platform": "ios"}, expect=401)
    assert refusal(problem) == ("token_not_valid",)


@pytest.mark.parametrize("how", ["mail", "command"])
def test_new_password_renews_the_calendar_feed(
    ada: User, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secret_of(ada)
    if how == "mail":
        reset_password(ada)
    else:
        monkeypatch.setattr("getpass.getpass", lambda **_: NEW_PASSWORD)
        call_command("changepassword", "ada")
    with pytest.raises(FeedNotFound):
        person_of(secret)
    assert secret_of(ada) != secret


def test_changed_password_leaves_the_calendar_feed(ada: User, as_ada: Api) -> None:
    """The owner changed it, in a session that continues."""
    secret = secret_of(ada)
    change_password(as_ada)
    assert person_of(secret) == ada
