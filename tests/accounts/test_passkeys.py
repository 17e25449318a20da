"""Register passkeys, and log in with them alone or after a password."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from tests.client import Api, refusal
from tests.factories import PASSWORD, unverify
from tests.standins.passkey import Passkey, new_key

pytestmark = pytest.mark.slow

ANOTHER_KEY = new_key()
NO_CREDENTIAL = (("credential", "invalid"),)


def reauthenticate(api: Api) -> None:
    api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)


def begin(api: Api) -> dict[str, Any]:
    return api.post("/passkeys/", {}, expect=200)["creation_options"]


def register(api: Api, passkey: Passkey, name: str = "Phone", expect: int = 201) -> Any:
    body = {"name": name, "credential": passkey.create(begin(api))}
    return api.post("/passkeys/", body, expect=expect)


def request_options(api: Api, session_token: str = "") -> Any:
    body = {"session_token": session_token} if session_token else {}
    return api.post("/login/passkey/", body, expect=200)


def finish(api: Api, options: Any, credential: Any, expect: int = 200) -> Any:
    body = {"session_token": options["session_token"], "credential": credential}
    return api.post("/login/passkey/", body, expect=expect)


def log_in(api: Api, passkey: Passkey, expect: int = 200) -> Any:
    options = request_options(api)
    return finish(api, options, passkey.get(options["request_options"]), expect)


def password(api: Api, expect: int = 202) -> Any:
    return api.post("/login/", {"username": "ada", "password": PASSWORD}, expect=expect)


def username_of(tokens: dict[str, str]) -> Any:
    return Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").get("/users/profile/")["username"]


@pytest.fixture
def verified(ada: User, as_ada: Api) -> Api:
    """Return a client of Ada, verified and reauthenticated."""
    EmailAddress.objects.filter(user=ada).update(verified=True)
    reauthenticate(as_ada)
    return as_ada


@pytest.fixture
def passkey(verified: Api) -> Passkey:
    """Return Ada's passkey."""
    mine = Passkey()
    register(verified, mine)
    return mine


class TestRegister:
    def test_first_factor_creates_recovery_codes_that_are_shown_once(
        self, verified: Api, as_nobody: Api
    ) -> None:
        codes = register(verified, Passkey())["recovery_codes"]
        assert len(set(codes)) == 10
        assert "recovery_codes" not in register(verified, Passkey())
        waiting = as_nobody.post("/login/", {"username": "ada", "password": PASSWORD}, expect=202)[
            "session_token"
        ]
        as_nobody.post("/login/2fa/", {"session_token": waiting, "code": codes[0]}, expect=200)

    def test_passkey_is_created(self, verified: Api) -> None:
        made = register(verified, Passkey(), name="Phone")
        del made["recovery_codes"]
        assert made == {
            "id": Authenticator.objects.get(type="webauthn").pk,
            "name": "Phone",
            "created_at": made["created_at"],
            "last_used_at": None,
        }

    def test_options_are_of_the_frontends_site(self, verified: Api, ada: User) -> None:
        options = begin(verified)["publicKey"]
        assert options["rp"] == {"id": "localhost", "name": "Event Booking"}
        assert options["user"]["name"] == "ada@example.com"
        assert options["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }

    def test_passkey_is_listed_to_its_owner(
        self, verified: Api, passkey: Passkey, as_sam: Api
    ) -> None:
        assert [one["name"] for one in verified.get("/passkeys/")["results"]] == ["Phone"]
        assert as_sam.get("/passkeys/")["results"] == []

    def test_passkey_sends_a_mail(self, passkey: Passkey, ada: User) -> None:
        mail = ada.notifications.get(kind="account_security")
        assert mail.context["what"] == "passkey_added"

    def test_options_exclude_registered_passkeys(self, verified: Api, passkey: Passkey) -> None:
        (known,) = begin(verified)["publicKey"]["excludeCredentials"]
        assert known["type"] == "public-key"

    def test_registration_requires_reauthentication(self, verified: Api, time_machine: Any) -> None:
        credential = Passkey().create(begin(verified))
        time_machine.move_to(timezone.now() + timedelta(seconds=301))
        for body in ({}, {"credential": credential}):
            problem = verified.post("/passkeys/", body, expect=403)
            assert refusal(problem) == ("reauthentication_required", "reauthenticate")

    def test_unverified_address_gets_no_passkey(self, as_ada: Api, ada: User) -> None:
        unverify(ada)
        reauthenticate(as_ada)
        problem = as_ada.post("/passkeys/", {}, expect=409)
        assert refusal(problem) == ("email_not_verified", "verify_email")

    @pytest.mark.parametrize(
        "lie",
        [
            {"origin": "https://evil.example.com"},
            {"origin": "http://localhost.evil.example.com"},
            {"origin": "null"},
            {"rp_id": "evil.example.com"},
            {"is_verified": False},
            {"is_present": False},
            {"challenge": "AAAA"},
            {"kind": "webauthn.get"},
        ],
        ids=str,
    )
    def test_untrue_credential_is_refused(self, verified: Api, lie: dict[str, Any]) -> None:
        problem = register(verified, Passkey(**lie), expect=400)
        assert refusal(problem) == NO_CREDENTIAL
        assert not Authenticator.objects.exists()

    def test_credential_without_options_is_refused(self, verified: Api) -> None:
        credential = Passkey().create({"publicKey": {"challenge": "AAAA", "user": {"id": "MQ"}}})
        problem = verified.post("/passkeys/", {"credential": credential}, expect=400)
        assert refusal(problem) == NO_CREDENTIAL

    @pytest.mark.parametrize("credential", [False, 0, True, None, {}, [], "", "x", {"id": "x"}])
    def test_invalid_credential_is_refused(self, verified: Api, credential: Any) -> None:
        """allauth checks only for truth in Python, and would accept `false` without a proof."""
        begin(verified)
        verified.post("/passkeys/", {"credential": credential}, expect=400)
        assert not Authenticator.objects.exists()

    def test_flood_is_refused_before_it_is_read(self, verified: Api) -> None:
        """A list of half a million numbers would be copied again for each of them."""
        credential = Passkey().create(begin(verified))
        credential["response"]["attestationObject"] = "A" * 700_000
        problem = verified.post("/passkeys/", {"credential": credential}, expect=400)
        assert refusal(problem) == (("credential.response.attestationObject", "max_length"),)

    def test_options_work_once(self, verified: Api) -> None:
        options = begin(verified)
        verified.post("/passkeys/", {"credential": Passkey().create(options)})
        problem = verified.post("/passkeys/", {"credential": Passkey().create(options)}, expect=400)
        assert refusal(problem) == NO_CREDENTIAL

    def test_one_person_has_twenty_at_most(self, verified: Api) -> None:
        for _ in range(20):
            register(verified, Passkey())
        problem = register(verified, Passkey(), expect=400)
        assert refusal(problem) == (("credential", "too_many_passkeys"),)

    def test_only_what_is_needed_is_kept(self, verified: Api) -> None:
        credential = Passkey().create(begin(verified)) | {"more": "x" * 100_000, "nul": "\x00"}
        verified.post("/passkeys/", {"credential": credential})
        assert len(str(Authenticator.objects.get(type="webauthn").data)) < 2_000


class TestRemove:
    def test_removed_passkey_does_not_log_in(
        self, verified: Api, passkey: Passkey, as_nobody: Api, ada: User
    ) -> None:
        (known,) = verified.get("/passkeys/")["results"]
        verified.delete(f"/passkeys/{known['id']}/")
        assert refusal(log_in(as_nobody, passkey, 401)) == ("invalid_credentials",)
        notices = ada.notifications.filter(kind="account_security").values_list(
            "context", flat=True
        )
        assert {context["what"] for context in notices} == {"passkey_added", "passkey_removed"}

    def test_removing_the_last_passkey_turns_the_second_factor_off(
        self, verified: Api, passkey: Passkey, as_nobody: Api
    ) -> None:
        (known,) = verified.get("/passkeys/")["results"]
        verified.delete(f"/passkeys/{known['id']}/")
        assert username_of(password(as_nobody, 200)) == "ada"
        assert not Authenticator.objects.exists()

    def test_passkey_of_another_user_is_not_found(
        self, verified: Api, passkey: Passkey, as_sam: Api
    ) -> None:
        reauthenticate(as_sam)
        (known,) = verified.get("/passkeys/")["results"]
        assert refusal(as_sam.delete(f"/passkeys/{known['id']}/", expect=404)) == ("not_found",)
        assert Authenticator.objects.filter(type="webauthn").count() == 1

    def test_removal_requires_reauthentication(
        self, verified: Api, passkey: Passkey, time_machine: Any
    ) -> None:
        (known,) = verified.get("/passkeys/")["results"]
        time_machine.move_to(timezone.now() + timedelta(seconds=301))
        problem = verified.delete(f"/passkeys/{known['id']}/", expect=403)
        assert refusal(problem)[0] == "reauthentication_required"


class TestLogin:
    def test_passkey_alone_logs_in(self, passkey: Passkey, as_nobody: Api) -> None:
        assert username_of(log_in(as_nobody, passkey)) == "ada"

    def test_use_is_recorded(self, verified: Api, passkey: Passkey, as_nobody: Api) -> None:
        log_in(as_nobody, passkey)
        assert verified.get("/passkeys/")["results"][0]["last_used_at"] is not None

    def test_options_reveal_no_user(self, passkey: Passkey, as_nobody: Api) -> None:
        options = request_options(as_nobody)["request_options"]["publicKey"]
        assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
        assert not options.get("allowCredentials")

    @pytest.mark.parametrize(
        "lie",
        [
            {"origin": "https://evil.example.com"},
            {"rp_id": "evil.example.com"},
            {"is_verified": False},
            {"is_present": False},
            {"challenge": "AAAA"},
            {"kind": "webauthn.create"},
            {"key": ANOTHER_KEY},
            {"credential_id": b"unknown"},
            {"user_handle": "enp6"},  # of no user
            {"user_handle": "eg" * 50},
            {"user_handle": "_w"},
            {"user_handle": ""},
        ],
        ids=lambda lie: " ".join(lie),
    )
    def test_untrue_assertion_is_refused(
        self, passkey: Passkey, as_nobody: Api, lie: dict[str, Any]
    ) -> None:
        for name, value in lie.items():
            setattr(passkey, name, value)
        assert refusal(log_in(as_nobody, passkey, 401)) == ("invalid_credentials",)

    def test_assertion_works_once(self, passkey: Passkey, as_nobody: Api) -> None:
        options = request_options(as_nobody)
        credential = passkey.get(options["request_options"])
        finish(as_nobody, options, credential)
        finish(as_nobody, options, credential, 401)

    def test_assertion_of_another_login_is_refused(self, passkey: Passkey, as_nobody: Api) -> None:
        credential = passkey.get(request_options(as_nobody)["request_options"])
        problem = finish(as_nobody, request_options(as_nobody), credential, 401)
        assert refusal(problem) == ("invalid_credentials",)

    @pytest.mark.parametrize("token", ["nonsense", "x" * 1000])
    def test_assertion_without_a_login_is_refused(
        self, passkey: Passkey, as_nobody: Api, token: str
    ) -> None:
        credential = passkey.get(request_options(as_nobody)["request_options"])
        finish(as_nobody, {"session_token": token}, credential, 401)

    def test_login_lasts_fifteen_minutes(
        self, passkey: Passkey, as_nobody: Api, time_machine: Any
    ) -> None:
        options = request_options(as_nobody)
        time_machine.move_to(timezone.now() + timedelta(minutes=15, seconds=1))
        finish(as_nobody, options, passkey.get(options["request_options"]), 401)

    def test_inactive_person_cannot_log_in(
        self, passkey: Passkey, as_nobody: Api, ada: User
    ) -> None:
        deactivate(user=ada)
        assert refusal(log_in(as_nobody, passkey, 401)) == ("invalid_credentials",)
