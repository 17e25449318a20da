"""Verify an e-mail address, request the mail again, and change the address."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.utils import timezone

from accounts.models import MailRequest, User
from accounts.services.lifecycle import deactivate
from accounts.services.registration import register
from notifications.models import Notification
from tests.accounts.login import bearer, is_accepted, reauthenticate, send_hostile, sign_in
from tests.accounts.mailed import keys_mailed, links_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD, UserFactory

VERIFY, RESEND, CHANGE = "/email/verify/", "/email/verify/resend/", "/email/change/"
WRONG_KEY = (("key", "invalid_key"),)
PAGE = "verify-email"
NEW = "new@example.com"


def open_link(key: str, expect: int = 200) -> Any:
    return Api().post(VERIFY, {"key": key}, expect=expect)


def addresses(user: User) -> list[tuple[str, bool, bool]]:
    mine = EmailAddress.objects.filter(user=user).order_by("pk")
    return list(mine.values_list("email", "verified", "primary"))


@pytest.fixture
def rita(db: None) -> User:
    """Return a user who has just registered."""
    return register(username="rita", email="Rita@Example.com", password=PASSWORD)


@pytest.fixture
def key(rita: User) -> str:
    """Return the key of the mail to Rita."""
    [key] = keys_mailed(PAGE)
    return key


@pytest.fixture
def as_rita(rita: User, key: str) -> Api:
    """Return a client of Rita, verified and reauthenticated."""
    open_link(key)
    api = bearer(sign_in("rita")["access"])
    reauthenticate(api)
    return api


def change(api: Api, email: str = NEW) -> str:
    """Return the key of the mail to the new address."""
    reauthenticate(api)
    api.post(CHANGE, {"email": email}, expect=202)
    return keys_mailed(PAGE, to=email)[-1]


class TestVerify:
    def test_link_leads_to_the_frontend_with_its_key_encoded(self, rita: User) -> None:
        [link] = links_mailed(PAGE)
        prefix = f"{configured.FRONTEND_URL}/verify-email?key="
        assert link.startswith(prefix)
        encoded = link.removeprefix(prefix)
        assert "%3A" in encoded and not set(encoded) & set(":/?&=#+ ")
        open_link(unquote(encoded))

    def test_key_verifies_the_address(self, key: str, rita: User) -> None:
        assert open_link(key) == {"email": "rita@example.com", "email_verified": True}
        assert addresses(rita) == [("rita@example.com", True, True)]
        assert bearer(sign_in("rita")["access"]).get("/users/profile/")["email_verified"] is True

    def test_key_works_once(self, key: str) -> None:
        open_link(key)
        assert refusal(open_link(key, expect=400)) == WRONG_KEY

    def test_key_lives_three_days(self, key: str, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(days=3, minutes=-1))
        open_link(key)

    def test_key_is_dead_after_three_days(self, key: str, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(days=3, minutes=1))
        assert refusal(open_link(key, expect=400)) == WRONG_KEY

    def test_it_does_not_log_in(self, key: str) -> None:
        response = Api().client.post(f"/api{VERIFY}", {"key": key})
        assert sorted(response.json()) == ["email", "email_verified"]
        assert not response.cookies and not UserSession.objects.exists()

    def test_sessions_continue(self, rita: User, key: str) -> None:
        tokens = sign_in("rita")
        open_link(key)
        assert is_accepted(tokens["access"])

    def test_key_of_a_deleted_user_is_refused(self, key: str, rita: User) -> None:
        rita.delete()
        assert refusal(open_link(key, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize("place", [0, 3, -1])
    def test_altered_key_is_refused(self, key: str, place: int) -> None:
        letters = list(key)
        letters[place] = "A" if letters[place] != "A" else "B"
        assert refusal(open_link("".join(letters), expect=400)) == WRONG_KEY

    @pytest.mark.parametrize("key", ["x", ":", "a:b:c", "é:é:é", "x" * 500, "null", "1"])
    def test_made_up_key_is_refused(self, db: None, key: str) -> None:
        assert refusal(open_link(key, expect=400)) == WRONG_KEY

    def test_hostile_values_are_refused(self, as_nobody: Api) -> None:
        send_hostile(as_nobody, VERIFY, {"key": "x"}, "key")

    def test_stale_bearer_is_ignored(self, key: str) -> None:
        bearer("nonsense").post(VERIFY, {"key": key}, expect=200)


class TestResend:
    @pytest.mark.parametrize("email", ["rita@example.com", "RITA@example.com", "no@example.com"])
    def test_response_is_the_same_for_every_address(self, rita: User, email: str) -> None:
        response = Api().client.post(f"/api{RESEND}", {"email": email})
        assert (response.status_code, response.content) == (202, b"")

    def test_mail_comes_again_and_works(self, key: str, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(minutes=2))
        Api().post(RESEND, {"email": "RITA@example.com"}, expect=202)
        keys = keys_mailed(PAGE)
        assert len(keys) == 2
        open_link(keys[1])
        assert refusal(open_link(keys[0], expect=400)) == WRONG_KEY

    def test_verified_address_gets_no_mail(self, as_rita: Api, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(minutes=2))
        Api().post(RESEND, {"email": "rita@example.com"}, expect=202)
        assert len(keys_mailed(PAGE)) == 1
        assert not MailRequest.objects.exists()

    def test_inactive_person_gets_no_mail(self, key: str, rita: User, time_machine: Any) -> None:
        deactivate(user=rita)
        time_machine.move_to(timezone.now() + timedelta(minutes=2))
        Api().post(RESEND, {"email": "rita@example.com"}, expect=202)
        assert len(keys_mailed(PAGE)) == 1

    def test_one_mail_a_minute_and_ten_a_day(
        self, rita: User, time_machine: Any, settings: Any
    ) -> None:
        settings.RATE_LIMITS = True
        now = timezone.now()
        for half_minute in range(30):
            time_machine.move_to(now + timedelta(seconds=30 * half_minute))
            Api().post(RESEND, {"email": "rita@example.com"}, expect=202)
            mailed = keys_mailed(PAGE)
        assert len(mailed) == 10

    def test_hostile_values_are_refused(self, as_nobody: Api) -> None:
        send_hostile(as_nobody, RESEND, {"email": "a@example.com"}, "email")


class TestChange:
    def test_old_address_stays_until_the_new_one_is_verified(
        self, as_rita: Api, rita: User
    ) -> None:
        response = as_rita.post(CHANGE, {"email": "New@Example.com"}, expect=202)
        assert response == {"email": NEW, "email_verified": False}
        profile = as_rita.get("/users/profile/")
        assert (profile["email"], profile["email_verified"]) == ("rita@example.com", True)
        open_link(keys_mailed(PAGE, to=NEW)[-1])
        profile = as_rita.get("/users/profile/")
        assert (profile["email"], profile["email_verified"]) == (NEW, True)
        assert addresses(rita) == [(NEW, True, True)]

    def test_new_address_logs_in_and_the_old_one_does_not(self, as_rita: Api) -> None:
        key = change(as_rita)
        Api().post("/login/", {"username": NEW, "password": PASSWORD}, expect=401)
        open_link(key)
        sign_in(NEW)
        body = {"username": "rita@example.com", "password": PASSWORD}
        Api().post("/login/", body, expect=401)

    def test_old_address_gets_a_mail(self, as_rita: Api, rita: User) -> None:
        open_link(change(as_rita))
        notices = Notification.objects.filter(user=rita, kind="account_security")
        assert [(notice.email, notice.context["what"]) for notice in notices] == [
            ("rita@example.com", "email_changed"),
            ("rita@example.com", "email_change_asked"),
        ]

    def test_second_request_keeps_the_link_and_sends_no_mail(self, as_rita: Api) -> None:
        key = change(as_rita)
        as_rita.post(CHANGE, {"email": NEW}, expect=202)
        assert keys_mailed(PAGE, to=NEW) == [key]
        open_link(key)

    def test_change_can_be_cancelled(self, as_rita: Api) -> None:
        key = change(as_rita)
        response = as_rita.post("/email/change/", {"email": "rita@example.com"}, expect=202)
        assert response == {"email": "rita@example.com", "email_verified": True}
        assert refusal(open_link(key, expect=400)) == (("key", "invalid_key"),)

    @pytest.mark.parametrize("how", ["reset", "change", "end others"])
    def test_pending_change_ends_with_other_sessions(
        self, as_rita: Api, rita: User, how: str
    ) -> None:
        """An attacker who had the account must not get it back by a link."""
        key = change(as_rita)
        if how == "reset":
            rita.set_password("another horse battery")
            rita.save()
        elif how == "change":
            body = {"current_password": PASSWORD, "new_password": "another horse battery"}
            as_rita.post("/password/change/", body, expect=204)
        else:
            as_rita.delete("/sessions/")
        assert refusal(open_link(key, expect=400)) == (("key", "invalid_key"),)

    def test_unverified_old_address_stays_until_then_too(self, rita: User) -> None:
        api = bearer(sign_in("rita")["access"])
        key = change(api)
        assert api.get("/users/profile/")["email"] == "rita@example.com"
        open_link(key)
        assert addresses(rita) == [(NEW, True, True)]

    def test_link_to_an_old_unverified_address_is_dead_afterwards(self, rita: User) -> None:
        [first] = keys_mailed(PAGE)
        open_link(change(bearer(sign_in("rita")["access"])))
        assert refusal(open_link(first, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.COM"])
    def test_address_of_another_user_is_refused(
        self, as_rita: Api, rita: User, ada: User, email: str
    ) -> None:
        problem = as_rita.post(CHANGE, {"email": email}, expect=400)
        assert refusal(problem) == (("email", "unique"),)
        assert addresses(rita) == [("rita@example.com", True, True)]

    def test_current_address_is_refused(self, as_rita: Api) -> None:
        problem = as_rita.post(CHANGE, {"email": "Rita@example.com"}, expect=409)
        assert refusal(problem) == ("email_already_verified",)

    def test_key_of_an_abandoned_change_does_not_work(self, as_rita: Api, rita: User) -> None:
        abandoned = change(as_rita, "first@example.com")
        key = change(as_rita)
        assert refusal(open_link(abandoned, expect=400)) == WRONG_KEY
        open_link(key)
        assert addresses(rita) == [(NEW, True, True)]

    def test_change_can_be_requested_twice(self, as_rita: Api, time_machine: Any) -> None:
        change(as_rita)
        time_machine.move_to(timezone.now() + timedelta(minutes=2))
        open_link(change(as_rita))

    @pytest.mark.parametrize("is_verified", [True, False])
    def test_address_that_was_taken_meanwhile_changes_nothing(
        self, as_rita: Api, rita: User, is_verified: bool
    ) -> None:
        key = change(as_rita)
        eve = UserFactory.create(username="eve", email=NEW)
        EmailAddress.objects.filter(user=eve).update(verified=is_verified)
        before = addresses(rita)
        assert refusal(open_link(key, expect=400)) == (("key", "email_taken"),)
        rita.refresh_from_db()
        assert (rita.email, addresses(rita)) == ("rita@example.com", before)
        assert addresses(eve) == [(NEW, is_verified, True)]
        sign_in("rita@example.com")

    def test_two_changes_to_one_address_succeed_once(self, as_rita: Api, as_ada: Api) -> None:
        ritas, adas = change(as_rita), change(as_ada)
        open_link(adas)
        open_link(ritas, expect=400)
        emails = User.objects.order_by("username").values_list("email", flat=True)
        assert list(emails) == [NEW, "rita@example.com"]

    def test_key_for_a_new_password_dies_with_the_address(self, as_rita: Api) -> None:
        key = change(as_rita)
        Api().post("/password/reset/", {"email": "rita@example.com"}, expect=202)
        reset = keys_mailed("reset-password")[-1]
        open_link(key)
        body = {"key": reset, "password": "another fine password"}
        assert refusal(Api().post("/password/reset/confirm/", body, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize("email", ["x", "a@b", "a@b.c\r\nBcc: x@y.z", "a b@example.com", "@"])
    def test_invalid_address_is_refused(self, as_rita: Api, email: str) -> None:
        problem = as_rita.post(CHANGE, {"email": email}, expect=400)
        assert refusal(problem) == (("email", "invalid"),)

    def test_hostile_values_are_refused(self, as_rita: Api, rita: User) -> None:
        send_hostile(as_rita, CHANGE, {"email": NEW}, "email")
        assert addresses(rita) == [("rita@example.com", True, True)]

    def test_without_a_token_nothing_changes(self, as_nobody: Api, rita: User) -> None:
        as_nobody.post(CHANGE, {"email": NEW, "user": rita.pk}, expect=401)
