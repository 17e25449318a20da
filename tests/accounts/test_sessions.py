"""List and end sessions."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services.sessions import forget_dead_sessions
from notifications.models import Notification
from tests.accounts.login import (
    bearer,
    begin_login,
    finish_login,
    is_accepted,
    is_over,
    refresh,
    reuse_refresh_token,
    sign_in,
    turn_on_totp,
)
from tests.client import Api, refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.both

PATH = "/sessions/"


def ids(api: Api) -> list[int]:
    return [session["id"] for session in api.get(PATH)["results"]]


class TestList:
    def test_newest_comes_first_and_ones_own_is_marked(self, ada: User) -> None:
        tokens = [sign_in() for _ in range(3)]
        listed = bearer(tokens[1]["access"]).get(PATH)
        assert [session["current"] for session in listed["results"]] == [False, True, False]
        ids = [session["id"] for session in listed["results"]]
        assert ids == sorted(ids, reverse=True)
        assert listed["count"] == 3

    def test_session_shows_its_place_and_no_secret(self, ada: User) -> None:
        api = Api(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Lynx/2.9")
        tokens = api.post("/login/", {"username": "ada", "password": PASSWORD}, expect=200)
        [session] = bearer(tokens["access"]).get(PATH)["results"]
        assert sorted(session) == [
            "created_at", "current", "device", "id", "ip", "kind", "last_seen_at", "user_agent",
        ]  # fmt: skip
        assert (session["ip"], session["device"]) == ("192.0.2.7", "Lynx")
        assert session["user_agent"] == "Lynx/2.9"

    def test_long_user_agent_is_cut(self, ada: User) -> None:
        api = Api(HTTP_USER_AGENT="x" * 10_000)
        tokens = api.post("/login/", {"username": "ada", "password": PASSWORD}, expect=200)
        assert bearer(tokens["access"]).get(PATH)["results"][0]["user_agent"] == "x" * 200

    def test_only_ones_own_are_shown(self, as_ada: Api, as_sam: Api) -> None:
        assert len(ids(as_ada)) == len(ids(as_sam)) == 1
        assert ids(as_ada) != ids(as_sam)

    def test_refresh_makes_no_second_session(self, ada: User, time_machine: Any) -> None:
        tokens = sign_in()
        before = bearer(tokens["access"]).get(PATH)["results"][0]
        time_machine.move_to(timezone.now() + timedelta(hours=1))
        newer = Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
        [after] = bearer(newer["access"]).get(PATH)["results"]
        assert after["last_seen_at"] > before["last_seen_at"]
        assert after | {"last_seen_at": 0} == before | {"last_seen_at": 0}

    def test_login_that_waits_for_its_second_factor_is_not_listed(self, ada: User) -> None:
        factor = turn_on_totp(ada)
        begin_login()
        tokens = finish_login(begin_login(), factor.code(1))
        assert len(ids(bearer(tokens["access"]))) == 1

    def test_page_size_is_as_requested(self, ada: User) -> None:
        tokens, *_ = [sign_in() for _ in range(3)]
        page = bearer(tokens["access"]).get(PATH, limit=2)
        assert (page["count"], len(page["results"])) == (3, 2)

    @pytest.mark.parametrize("method", ["get", "delete"])
    def test_without_a_token_nothing_is_shown(self, as_nobody: Api, method: str) -> None:
        assert getattr(as_nobody.client, method)(f"/api{PATH}").status_code == 401


class TestEnding:
    def test_one_ends_both_of_its_tokens(self, as_ada: Api) -> None:
        other = sign_in()
        as_ada.delete(f"{PATH}{ids(as_ada)[0]}/")
        assert is_over(other)
        assert len(ids(as_ada)) == 1

    def test_ones_own_can_be_ended_too(self, ada: User) -> None:
        tokens = sign_in()
        api = bearer(tokens["access"])
        api.delete(f"{PATH}{ids(api)[0]}/")
        assert is_over(tokens)

    def test_others_end_and_the_current_one_continues(self, ada: User) -> None:
        others, mine = [sign_in(), sign_in()], sign_in()
        bearer(mine["access"]).delete(PATH)
        assert [is_over(tokens) for tokens in others] == [True, True]
        assert not is_over(mine)

    def test_sessions_of_other_users_continue(self, as_ada: Api, sam: User) -> None:
        sams = sign_in("sam")
        as_ada.delete(PATH)
        assert not is_over(sams)

    def test_session_of_another_user_is_not_found(self, as_ada: Api, sam: User) -> None:
        sams = sign_in("sam")
        session = UserSession.objects.get(user=sam)
        assert refusal(as_ada.delete(f"{PATH}{session.pk}/", expect=404)) == ("not_found",)
        assert not is_over(sams)

    @pytest.mark.parametrize("session", ["0", "9" * 30, "-1", "x", "1.5", "٣", "%00"])
    def test_missing_session_is_not_found(self, as_ada: Api, session: str) -> None:
        as_ada.delete(f"{PATH}{session}/", expect=404)

    def test_ended_session_is_not_found(self, as_ada: Api) -> None:
        sign_in()
        other = ids(as_ada)[0]
        as_ada.delete(f"{PATH}{other}/")
        as_ada.delete(f"{PATH}{other}/", expect=404)

    def test_ended_session_leaves_nothing_behind(self, ada: User) -> None:
        bearer(sign_in()["access"]).post("/logout/", expect=204)
        assert not UserSession.objects.exists()
        assert not Session.objects.exists()

    def test_without_a_token_nothing_ends(self, as_nobody: Api, ada: User) -> None:
        tokens = sign_in()
        session = UserSession.objects.get()
        as_nobody.delete(f"{PATH}{session.pk}/", expect=401)
        as_nobody.post("/logout/", expect=401)
        assert not is_over(tokens)

    def test_logout_leaves_the_cookie_of_the_admin(self, alma: User) -> None:
        client = Client()
        client.post("/admin/login/", {"username": "alma", "password": PASSWORD})
        bearer(sign_in("alma")["access"]).post("/logout/", expect=204)
        assert client.get("/admin/").status_code == 200


class TestReuse:
    def test_reuse_ends_that_session_alone(self, ada: User) -> None:
        stolen, other = sign_in(), sign_in()
        assert is_over(reuse_refresh_token(stolen))
        assert not is_over(other)

    def test_user_gets_one_mail(self, ada: User) -> None:
        tokens = sign_in()
        reuse_refresh_token(tokens)
        for _ in range(3):
            refresh(tokens, expect=401)
        notices = Notification.objects.filter(user=ada, kind="account_security")
        assert [notice.context["what"] for notice in notices] == ["sessions_ended_token_reuse"]

    def test_expired_token_ends_no_session(self, ada: User, time_machine: Any) -> None:
        """With a token from an old backup, a stranger could otherwise end the session."""
        old = sign_in()["refresh"]
        newer = Api().post("/token/refresh/", {"refresh": old}, expect=200)
        for days in (8, 8):
            time_machine.move_to(timezone.now() + timedelta(days=days))
            newer = Api().post("/token/refresh/", {"refresh": newer["refresh"]}, expect=200)
        Api().post("/token/refresh/", {"refresh": old}, expect=401)
        assert is_accepted(newer["access"])


class TestDeath:
    def test_session_that_is_used_lives_on(self, ada: User, time_machine: Any) -> None:
        tokens = sign_in()
        for _ in range(4):
            time_machine.move_to(timezone.now() + timedelta(days=13))
            forget_dead_sessions()
            tokens = Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
        assert is_accepted(tokens["access"])

    def test_session_that_is_not_used_dies_after_two_weeks(
        self, ada: User, time_machine: Any
    ) -> None:
        tokens = sign_in()
        time_machine.move_to(timezone.now() + timedelta(days=14, minutes=1))
        Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=401)
        forget_dead_sessions()
        assert not UserSession.objects.exists()
