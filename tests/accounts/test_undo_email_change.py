"""An attacker changes the address of an account, and the owner undoes it by a link in a mail."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.core import mail, signing
from django.utils import timezone

from accounts.models import AddressChange, User
from accounts.services.emails import set_address
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate
from accounts.tasks import forget_dead_sessions
from notifications.models import Notification
from rsvp.calendar.feeds import person_of, secret_of
from rsvp.exceptions import FeedNotFound
from tests.accounts.login import (
    NEW_PASSWORD,
    bearer,
    is_over,
    reauthenticate,
    send_hostile,
    sign_in,
    turn_on_totp,
)
from tests.accounts.mailed import keys_mailed, links_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD, UserFactory, unverify

pytestmark = pytest.mark.slow

CHANGE, UNDO = "/email/change/", "/email/change/undo/"
OLD, THIEFS, THIEFS_NEXT = "ada@example.com", "thief@example.org", "thief2@example.org"
WRONG_KEY = (("key", "invalid_key"),)
PAGE = "undo-email-change"


@pytest.fixture
def thief(ada: User) -> Api:
    """Return a client with a session of Ada's; the attacker also knows her password."""
    return bearer(sign_in()["access"])


def ask_for(api: Api, email: str = THIEFS) -> None:
    reauthenticate(api)
    api.post(CHANGE, {"email": email}, expect=202)


def change(api: Api, email: str = THIEFS) -> None:
    """Change the address to a mailbox of the attacker."""
    ask_for(api, email)
    key = keys_mailed("verify-email", to=email)[-1]
    Api().post("/email/verify/", {"key": key}, expect=200)


def undo(key: str, expect: int = 200) -> Any:
    return Api().post(UNDO, {"key": key}, expect=expect)


def choose_password() -> None:
    """Set a password by the link that follows the undo."""
    key = keys_mailed("reset-password", to=OLD)[-1]
    Api().post("/password/reset/confirm/", {"key": key, "password": NEW_PASSWORD}, expect=204)


def keys() -> list[str]:
    """Return the keys of all undo links in the owner's mailbox."""
    return keys_mailed(PAGE, to=OLD)


def state(user: User) -> tuple[str, list[tuple[str, bool, bool]]]:
    user.refresh_from_db()
    mine = EmailAddress.objects.filter(user=user).order_by("pk")
    return user.email, list(mine.values_list("email", "verified", "primary"))


RESTORED = (OLD, [(OLD, True, True)])


class TestTheft:
    """An access token was enough to change the address; a reset then gave the account away."""

    def test_token_alone_changes_no_address(self, as_ada: Api, ada: User) -> None:
        problem = as_ada.post(CHANGE, {"email": THIEFS}, expect=403)
        assert refusal(problem) == ("reauthentication_required", "reauthenticate")
        assert state(ada) == RESTORED
        assert mail.outbox == []

    def test_password_alone_changes_no_address_of_a_user_with_a_second_factor(
        self, ada: User
    ) -> None:
        thief = bearer(sign_in()["access"])
        factor = turn_on_totp(ada)
        reauthenticate(thief)
        problem = thief.post(CHANGE, {"email": THIEFS}, expect=403)
        assert refusal(problem) == ("reauthentication_required", "reauthenticate")
        thief.post("/reauthenticate/", {"code": factor.code(1)}, expect=204)
        thief.post(CHANGE, {"email": THIEFS}, expect=202)

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("post", CHANGE, {"email": THIEFS}),
            ("post", "/2fa/recovery-codes/", {}),
            ("delete", "/2fa/totp/", None),
            ("post", "/passkeys/", {}),
            ("delete", "/users/profile/", None),
        ],
        ids=lambda value: str(value),
    )
    def test_token_and_password_keep_no_account_that_has_a_second_factor(
        self, ada: User, method: str, path: str, body: Any
    ) -> None:
        """A stolen token and a phished password could turn the second factor off."""
        thief = bearer(sign_in()["access"])
        turn_on_totp(ada)
        reauthenticate(thief)
        response = getattr(thief.client, method)(f"/api{path}", body)
        assert (response.status_code, response.json()["code"]) == (
            403,
            "reauthentication_required",
        )


class TestLink:
    def test_old_address_gets_a_link_before_and_after_the_change(
        self, thief: Api, ada: User
    ) -> None:
        ask_for(thief)
        [link] = links_mailed(PAGE, to=OLD)
        assert link.startswith(f"{configured.FRONTEND_URL}/undo-email-change?key=")
        change(thief)
        assert len(links_mailed(PAGE, to=OLD)) == 2
        assert links_mailed(PAGE, to=THIEFS) == []

    def test_link_goes_to_the_old_address_also_where_the_thief_is_faster_than_the_mail(
        self, thief: Api, ada: User
    ) -> None:
        """The mail would otherwise go to the address that the account has when it is sent."""
        ask_for(thief)
        EmailAddress.objects.filter(user=ada, primary=True).update(primary=False)
        User.objects.filter(pk=ada.pk).update(email=THIEFS)
        assert links_mailed(PAGE, to=THIEFS) == []
        assert len(links_mailed(PAGE, to=OLD)) == 1

    def test_key_is_stored_nowhere(self, thief: Api, ada: User) -> None:
        change(thief)
        stored = str(list(Notification.objects.values())) + str(
            list(AddressChange.objects.values())
        )
        assert [key for key in keys() if key in stored] == []

    def test_key_of_another_purpose_undoes_nothing(self, thief: Api, ada: User) -> None:
        change(thief)
        change_id = AddressChange.objects.get().pk
        for key in (signing.dumps(change_id), str(change_id), *keys_mailed("verify-email")):
            assert refusal(undo(key, 400)) == WRONG_KEY

    @pytest.mark.parametrize("place", [0, 3, -1])
    def test_altered_key_is_refused(self, thief: Api, place: int) -> None:
        ask_for(thief)
        letters = list(keys()[0])
        letters[place] = "A" if letters[place] != "A" else "B"
        assert refusal(undo("".join(letters), 400)) == WRONG_KEY

    def test_hostile_values_are_refused(self, as_nobody: Api) -> None:
        send_hostile(as_nobody, UNDO, {"key": "x"}, "key")

    def test_change_by_an_admin_sends_a_mail_without_a_link(self, ada: User) -> None:
        ada.email = THIEFS
        ada.save()
        set_address(user=ada, before=OLD)
        assert links_mailed(PAGE) == []


class TestUndo:
    @pytest.mark.parametrize("is_changed", [True, False], ids=["verified", "requested"])
    def test_address_is_the_owners_again(self, thief: Api, ada: User, is_changed: bool) -> None:
        (change if is_changed else ask_for)(thief)
        assert undo(keys()[0]) == {"email": OLD, "email_verified": True}
        assert state(ada) == RESTORED
        choose_password()
        sign_in(OLD, password=NEW_PASSWORD)

    def test_unverified_address_is_given_back_unverified(self, thief: Api, ada: User) -> None:
        unverify(ada)
        change(thief)
        assert undo(keys()[0]) == {"email": OLD, "email_verified": False}
        assert state(ada) == (OLD, [(OLD, False, True)])

    def test_all_sessions_end(self, thief: Api, ada: User) -> None:
        tokens = sign_in()
        change(thief)
        undo(keys()[0])
        assert is_over(tokens)
        assert not UserSession.objects.filter(user=ada).exists()

    def test_every_key_of_a_change_works_once_in_all(self, thief: Api, ada: User) -> None:
        change(thief)
        first, second = keys()
        undo(second)
        assert refusal(undo(second, 400)) == refusal(undo(first, 400)) == WRONG_KEY

    @pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72.1, 400)])
    def test_link_lives_for_72_hours_after_the_address_was_verified(
        self, thief: Api, ada: User, time_machine: Any, hours: float, status: int
    ) -> None:
        """Counted from the request, an attacker would verify the address after three days."""
        asked_at = timezone.now()
        ask_for(thief)
        key = keys_mailed("verify-email", to=THIEFS)[-1]
        time_machine.move_to(asked_at + timedelta(hours=70))
        Api().post("/email/verify/", {"key": key}, expect=200)
        [first, _] = keys()
        time_machine.move_to(asked_at + timedelta(hours=70 + hours))
        undo(first, status)

    def test_second_change_does_not_push_the_first_undo_out(self, thief: Api, ada: User) -> None:
        change(thief)
        [first, _] = keys()
        change(thief, THIEFS_NEXT)
        undo(first)
        assert state(ada) == RESTORED

    def test_undo_of_the_thief_does_not_stop_the_owners(self, thief: Api, ada: User) -> None:
        change(thief)
        change(thief, THIEFS_NEXT)
        undo(keys_mailed(PAGE, to=THIEFS)[-1])
        assert state(ada)[0] == THIEFS
        undo(keys()[0])
        assert state(ada) == RESTORED

    def test_link_of_the_thief_is_dead_after_the_owners_undo(self, thief: Api, ada: User) -> None:
        change(thief)
        change(thief, THIEFS_NEXT)
        undo(keys()[0])
        for key in keys_mailed(PAGE, to=THIEFS):
            assert refusal(undo(key, 400)) == WRONG_KEY
        assert state(ada) == RESTORED

    def test_verification_link_of_the_thief_is_dead_after_the_undo(
        self, thief: Api, ada: User
    ) -> None:
        ask_for(thief)
        undo(keys()[0])
        key = keys_mailed("verify-email", to=THIEFS)[-1]
        assert refusal(Api().post("/email/verify/", {"key": key}, expect=400)) == WRONG_KEY

    def test_thief_who_changed_the_password_loses_the_account(
        self, thief: Api, ada: User, time_machine: Any
    ) -> None:
        change(thief)
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        thief.post("/password/change/", body, expect=204)
        undo(keys()[0])
        key = keys_mailed("reset-password", to=OLD)[-1]
        # The thief logged in before the owner chose a password, which also made the key worthless.
        Api().post("/login/", {"username": "ada", "password": NEW_PASSWORD}, expect=401)
        body = {"key": key, "password": "only Ada knows this one"}
        Api().post("/password/reset/confirm/", body, expect=204)
        Api().post("/login/", {"username": "ada", "password": NEW_PASSWORD}, expect=401)
        sign_in(password="only Ada knows this one")

    def test_thief_resets_no_password_afterwards(
        self, thief: Api, ada: User, time_machine: Any
    ) -> None:
        change(thief)
        Api().post("/password/reset/", {"email": THIEFS}, expect=202)
        mailed = keys_mailed("reset-password", to=THIEFS)
        undo(keys()[0])
        time_machine.move_to(timezone.now() + timedelta(minutes=2))
        Api().post("/password/reset/", {"email": THIEFS}, expect=202)
        assert keys_mailed("reset-password", to=THIEFS) == mailed
        body = {"key": mailed[0], "password": NEW_PASSWORD}
        assert refusal(Api().post("/password/reset/confirm/", body, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize("hours", [-71, 1], ids=["before", "after"])
    def test_credentials_added_by_the_thief_are_removed(
        self, thief: Api, ada: User, hours: int, time_machine: Any
    ) -> None:
        """An attacker's second factor locked the owner out permanently."""
        now = timezone.now()
        time_machine.move_to(now + timedelta(hours=max(hours, 0)))
        SocialAccount.objects.create(user=ada, provider="github", uid="thief")
        turn_on_totp(ada)
        SocialAccount.objects.update(date_joined=now + timedelta(hours=hours))
        Authenticator.objects.update(created_at=now + timedelta(hours=hours))
        time_machine.move_to(now)
        AddressChange.objects.create(
            user=ada,
            old_email=OLD,
            was_verified=True,
            new_email=THIEFS,
            asked_at=now,
            undo_until=now + timedelta(hours=72),
        )
        undo(signing.dumps(AddressChange.objects.get().pk, salt="accounts.undo-email-change"))
        assert not SocialAccount.objects.exists()
        assert not Authenticator.objects.exists()
        choose_password()
        sign_in(password=NEW_PASSWORD)

    def test_older_credentials_stay(self, ada: User) -> None:
        """Access to a mailbox must not be enough to remove the owner's second factor."""
        SocialAccount.objects.create(user=ada, provider="github", uid="Ada's")
        factor = turn_on_totp(ada)
        long_ago = timezone.now() - timedelta(days=4)
        SocialAccount.objects.update(date_joined=long_ago)
        Authenticator.objects.filter(type="totp").update(created_at=long_ago)
        now = timezone.now()
        row = AddressChange.objects.create(
            user=ada,
            old_email=OLD,
            was_verified=True,
            new_email=THIEFS,
            asked_at=now,
            undo_until=now + timedelta(hours=72),
        )
        undo(signing.dumps(row.pk, salt="accounts.undo-email-change"))
        assert SocialAccount.objects.count() == 1
        assert list(Authenticator.objects.values_list("type", flat=True)) == ["totp"]
        choose_password()
        body = {"username": "ada", "password": NEW_PASSWORD}
        token = Api().post("/login/", body, expect=202)["session_token"]
        Api().post("/login/2fa/", {"session_token": token, "code": factor.code(1)}, expect=200)

    def test_calendar_feed_is_renewed(self, thief: Api, ada: User) -> None:
        secret = secret_of(ada)
        change(thief)
        undo(keys()[0])
        with pytest.raises(FeedNotFound):
            person_of(secret)

    def test_owner_gets_a_mail_with_the_next_steps(self, thief: Api, ada: User) -> None:
        change(thief)
        undo(keys()[0])
        keys_mailed("reset-password")
        mails = [str(message.body) for message in mail.outbox if "undone" in message.subject]
        assert "Choose a new password now" in mails[0]
        assert Notification.objects.filter(email=OLD, context__what="email_change_undone").exists()

    def test_it_does_not_log_in(self, thief: Api, ada: User) -> None:
        ask_for(thief)
        response = Api().client.post(f"/api{UNDO}", {"key": keys()[0]})
        assert sorted(response.json()) == ["email", "email_verified"]
        assert not response.cookies and not UserSession.objects.exists()

    @pytest.mark.parametrize("end", ["deactivated", "erased"])
    def test_ended_account_is_unchanged(self, thief: Api, ada: User, end: str) -> None:
        change(thief)
        key = keys()[0]
        if end == "erased":
            erase(user_id=ada.pk)
        else:
            deactivate(user=ada)
        assert refusal(undo(key, 400)) == WRONG_KEY

    def test_admin_who_gives_an_address_ends_earlier_links(self, thief: Api, ada: User) -> None:
        change(thief)
        change(thief, THIEFS_NEXT)
        ada.refresh_from_db()
        ada.email = OLD
        ada.save()
        set_address(user=ada)
        assert refusal(undo(keys_mailed(PAGE, to=THIEFS)[-1], 400)) == WRONG_KEY


class TestReservation:
    """An attacker registered with the old address, so the undo could not restore it."""

    def test_old_address_is_reserved_while_the_change_can_be_undone(
        self, thief: Api, ada: User, as_sam: Api
    ) -> None:
        change(thief)
        body = {"username": "squatter", "email": OLD.upper(), "password": PASSWORD}
        assert refusal(Api().post("/register/", body, expect=400)) == (("email", "unique"),)
        reauthenticate(as_sam)
        problem = as_sam.post(CHANGE, {"email": OLD}, expect=400)
        assert refusal(problem) == (("email", "unique"),)
        undo(keys()[0])
        assert state(ada) == RESTORED

    def test_owner_may_change_back_to_it(self, thief: Api, ada: User) -> None:
        change(thief)
        change(thief, OLD)
        assert state(ada) == RESTORED

    def test_old_address_is_free_after_72_hours(
        self, thief: Api, ada: User, time_machine: Any
    ) -> None:
        change(thief)
        time_machine.move_to(timezone.now() + timedelta(hours=72, minutes=1))
        Api().post("/register/", {"username": "new", "email": OLD, "password": PASSWORD})
        forget_dead_sessions()
        assert not AddressChange.objects.exists()

    def test_unverified_address_is_not_reserved(self, thief: Api, ada: User) -> None:
        """Otherwise a stranger's address could be blocked by giving it up."""
        unverify(ada)
        change(thief)
        UserFactory.create(username="stranger", email=OLD)
        key = keys()[0]
        assert refusal(undo(key, 400)) == (("key", "email_taken"),)
        assert state(ada)[0] == THIEFS
