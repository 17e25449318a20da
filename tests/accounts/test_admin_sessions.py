"""Sessions of the Django admin: listed and ended with those of the API, and when idle.

Before, they were not listed, survived "sign out everywhere", and lasted two weeks without use.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services import lifecycle
from tests.accounts.mailed import keys_mailed
from tests.client import Api
from tests.factories import PASSWORD, UserFactory

NEW_PASSWORD = "another fine password"


def browser(**headers: Any) -> Client:
    """Return a new browser in which Alma has logged in by the form."""
    client = Client(**headers)
    body = {"username": "alma", "password": PASSWORD}
    assert client.post("/admin/login/", body).status_code == 302
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.cookies["sessionid"].value)


@pytest.fixture
def admin(alma: User) -> Client:
    return browser(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Lynx/2.9")


class TestList:
    def test_admin_session_is_listed(self, admin: Client, as_alma: Api) -> None:
        api, listed = as_alma.get("/sessions/")["results"]
        assert (api["kind"], api["current"]) == ("api", True)
        assert listed["id"] == row_of(admin).pk
        shown = [listed[name] for name in ("kind", "ip", "device", "current")]
        assert shown == ["admin", "192.0.2.7", "Lynx", False]

    def test_login_is_listed_before_the_first_page(self, alma: User, as_alma: Api) -> None:
        client = Client()
        client.post("/admin/login/", {"username": "alma", "password": PASSWORD})
        assert [session["kind"] for session in as_alma.get("/sessions/")["results"]] == [
            "admin",
            "api",
        ]

    def test_login_of_the_api_is_listed_once(self, as_alma: Api) -> None:
        assert as_alma.get("/sessions/")["count"] == 1

    def test_second_login_in_the_same_browser_replaces_the_first(self, admin: Client) -> None:
        admin.post("/admin/login/", {"username": "alma", "password": PASSWORD})
        assert UserSession.objects.get() == row_of(admin)

    def test_logout_removes_it(self, admin: Client) -> None:
        admin.post("/admin/logout/")
        assert not is_in(admin)
        assert not UserSession.objects.exists()

    def test_key_of_an_api_session_opens_no_admin(self, as_alma: Api) -> None:
        """A copy of the database contains the keys, and each one was a cookie of the admin."""
        client = Client()
        client.cookies["sessionid"] = UserSession.objects.get().session_key
        assert not is_in(client)

    def test_lists_in_the_admin_show_the_kind_of_session(
        self, admin: Client, alma: User, as_alma: Api
    ) -> None:
        pages = ["/admin/usersessions/usersession/", f"/admin/accounts/user/{alma.pk}/change/"]
        for page in pages:
            text = re.sub(r"<[^>]*>|\s+", " ", admin.get(page).content.decode())
            assert len(re.findall(r" (admin|api) +\w{3} \d", text)) == 2, text

    def test_last_seen_moves_at_most_once_a_minute(self, admin: Client, time_machine: Any) -> None:
        began_at = row_of(admin).last_seen_at
        time_machine.move_to(began_at + timedelta(seconds=50))
        admin.get("/admin/")
        assert row_of(admin).last_seen_at == began_at
        time_machine.move_to(began_at + timedelta(seconds=61))
        admin.get("/admin/", REMOTE_ADDR="192.0.2.8")
        row = row_of(admin)
        assert (row.last_seen_at > began_at, row.ip) == (True, "192.0.2.8")


class TestEnd:
    def test_ending_all_others_ends_it(self, admin: Client, as_alma: Api) -> None:
        as_alma.delete("/sessions/")
        assert not is_in(admin)
        assert Session.objects.count() == 1

    def test_ending_that_one_ends_it_alone(self, admin: Client, as_alma: Api) -> None:
        other = browser()
        as_alma.delete(f"/sessions/{row_of(admin).pk}/")
        assert (is_in(admin), is_in(other)) == (False, True)

    def test_new_password_ends_it(self, admin: Client, as_alma: Api) -> None:
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        as_alma.post("/password/change/", body, expect=204)
        assert not is_in(admin)
        assert UserSession.objects.count() == 1

    def test_password_reset_ends_it(self, admin: Client, alma: User) -> None:
        Api().post("/password/reset/", {"email": alma.email}, expect=202)
        body = {"key": keys_mailed("reset-password")[-1], "password": NEW_PASSWORD}
        Api().post("/password/reset/confirm/", body, expect=204)
        assert not is_in(admin)
        assert not UserSession.objects.exists()

    def test_deactivation_ends_it(self, admin: Client, alma: User) -> None:
        UserFactory.create(is_superuser=True)
        lifecycle.deactivate(user=alma)
        assert not is_in(admin)
        assert not Session.objects.exists()

    def test_action_of_the_admin_ends_it(self, admin: Client, alma: User) -> None:
        other = browser()
        body = {"action": "end", "_selected_action": [row_of(admin).pk]}
        other.post("/admin/usersessions/usersession/", body)
        assert (is_in(admin), is_in(other)) == (False, True)


class TestOwnPasswordInTheAdmin:
    @pytest.fixture(params=["own page", "page of people"])
    def change(self, request: pytest.FixtureRequest, admin: Client, alma: User) -> None:
        if request.param == "own page":
            path = "/admin/password_change/"
            body = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
            body |= {"old_password": PASSWORD}
        else:
            path = f"/admin/accounts/user/{alma.pk}/password/"
            body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
            body |= {"usable_password": "true"}
        self.other = browser()
        assert admin.post(path, body).status_code == 302

    def test_session_continues_and_is_listed(self, change: None, admin: Client) -> None:
        assert is_in(admin)
        assert UserSession.objects.get() == row_of(admin)

    def test_all_others_end(self, change: None) -> None:
        assert not is_in(self.other)

    def test_session_can_be_ended_afterwards(self, change: None, admin: Client, alma: User) -> None:
        alma.refresh_from_db()
        Api(alma).delete("/sessions/")
        assert not is_in(admin)


def test_setting_another_users_password_keeps_the_session_listed(admin: Client, ada: User) -> None:
    """Django gives the session a new key then."""
    row = row_of(admin)
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    assert admin.post(f"/admin/accounts/user/{ada.pk}/password/", body).status_code == 302
    assert is_in(admin)
    assert row_of(admin) == row


class TestIdle:
    def test_twelve_hours_without_use_end_it(self, admin: Client, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(hours=12, minutes=1))
        assert not is_in(admin)

    def test_use_extends_it(self, admin: Client, time_machine: Any) -> None:
        began_at = timezone.now()
        for hours in (11, 22, 33):
            time_machine.move_to(began_at + timedelta(hours=hours), tick=False)
            assert is_in(admin)
        assert admin.cookies["sessionid"]["max-age"] == 12 * 3600

    def test_setting_holds_for_sessions_that_began_before(
        self, admin: Client, time_machine: Any, settings: Settings
    ) -> None:
        settings.ADMIN_SESSION_IDLE_HOURS = 1
        time_machine.move_to(timezone.now() + timedelta(minutes=61))
        assert not is_in(admin)
        assert not UserSession.objects.exists()

    def test_session_of_the_api_lives_as_long_as_before(
        self, alma: User, time_machine: Any
    ) -> None:
        body = {"username": "alma", "password": PASSWORD}
        tokens = Api().post("/login/", body, expect=200)
        time_machine.move_to(timezone.now() + timedelta(days=13))
        Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)


def test_session_without_a_row_is_over(alma: User) -> None:
    """Such sessions are older than the list of admin sessions."""
    client = browser()
    UserSession.objects.all().delete()
    assert not is_in(client)
    assert not is_in(client)
