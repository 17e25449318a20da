"""Attacks on passkeys: foreign pages, copied keys, foreign challenges, altered responses."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone
from fido2 import cbor
from fido2.utils import websafe_decode, websafe_encode

from accounts.models import PasskeyRecord, User
from tests.accounts.login import NEW_PASSWORD, bearer, reauthenticate
from tests.accounts.test_passkeys import (
    NO_CREDENTIAL,
    begin,
    finish,
    log_in,
    passkey,
    password,
    register,
    request_options,
    username_of,
    verified,
)
from tests.client import Api, refusal
from tests.standins.passkey import Passkey

pytestmark = pytest.mark.slow

__all__ = ["passkey", "verified"]

REFUSED = ("invalid_credentials",)
PROOF = "/reauthenticate/passkey/"


@pytest.fixture
def sams(sam: User, as_sam: Api) -> Passkey:
    reauthenticate(as_sam)
    key = Passkey()
    register(as_sam, key)
    return key


class TestForeignPages:
    """Every host below the passkeys' domain was accepted.

    A host that an attacker controls, or one with uploaded content, could log in with a passkey.
    """

    @pytest.fixture(autouse=True)
    def _site(self, settings: Any) -> None:
        settings.PASSKEY_DOMAIN = "example.com"
        settings.FRONTEND_URL = "https://app.example.com/events"
        settings.CORS_ALLOWED_ORIGINS = ["https://admin.example.com"]

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("https://app.example.com", 201),
            ("https://admin.example.com", 201),
            ("https://uploads.example.com", 400),
            ("https://example.com", 400),
            ("http://app.example.com", 400),
            ("https://app.example.com:8443", 400),
            ("https://app.example.com.evil.org", 400),
            ("https://localhost", 400),
        ],
    )
    def test_passkey_is_registered_on_pages_of_ours(
        self, verified: Api, origin: str, status: int
    ) -> None:
        register(verified, Passkey(rp_id="example.com", origin=origin), expect=status)
        assert Authenticator.objects.filter(type="webauthn").exists() is (status == 201)

    def test_login_on_another_page_of_the_domain_is_refused(
        self, verified: Api, as_nobody: Api
    ) -> None:
        key = Passkey(rp_id="example.com", origin="https://app.example.com")
        register(verified, key)
        key.origin = "https://uploads.example.com"
        assert refusal(log_in(as_nobody, key, 401)) == REFUSED
        key.origin = "https://admin.example.com"
        assert username_of(log_in(as_nobody, key)) == "ada"


class TestFrames:
    def test_page_of_ours_in_a_foreign_frame_is_refused(
        self, verified: Api, passkey: Passkey, as_nobody: Api
    ) -> None:
        passkey.is_in_frame = True
        assert refusal(log_in(as_nobody, passkey, 401)) == REFUSED
        assert refusal(register(verified, Passkey(is_in_frame=True), expect=400)) == NO_CREDENTIAL


class TestCopies:
    """The counter was not checked: a copy of a security key opened the account permanently."""

    def test_counter_that_increases_logs_in(self, verified: Api, as_nobody: Api) -> None:
        key = Passkey(counter=5)
        register(verified, key)
        for counter in (6, 7, 4_000_000_000):
            key.counter = counter
            assert username_of(log_in(as_nobody, key)) == "ada"

    @pytest.mark.parametrize("counter", [0, 4, 5])
    def test_counter_that_does_not_increase_is_refused(
        self, verified: Api, as_nobody: Api, ada: User, counter: int
    ) -> None:
        key = Passkey(counter=5)
        register(verified, key)
        sessions = UserSession.objects.count()
        key.counter = counter
        assert refusal(log_in(as_nobody, key, 401)) == REFUSED
        assert UserSession.objects.count() == sessions
        notices = ada.notifications.filter(context__what="passkey_copied")
        assert notices.count() == 1
        key.counter = 6
        log_in(as_nobody, key)

    def test_passkey_without_a_counter_keeps_working(
        self, passkey: Passkey, as_nobody: Api
    ) -> None:
        for _ in range(2):
            log_in(as_nobody, passkey)

    def test_forged_signature_moves_no_counter(self, verified: Api, as_nobody: Api) -> None:
        """Otherwise an attacker who knows the id could lock the owner out."""
        key = Passkey(counter=5)
        register(verified, key)
        forged = Passkey(
            counter=4_000_000_000, credential_id=key.credential_id, user_handle=key.user_handle
        )
        assert refusal(log_in(as_nobody, forged, 401)) == REFUSED
        assert PasskeyRecord.objects.get().sign_count == 5

    def test_copy_is_no_second_factor(self, verified: Api, as_nobody: Api) -> None:
        key = Passkey(counter=5)
        register(verified, key)
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        finish(as_nobody, options, key.get(options["request_options"]), 401)


class TestOtherAccounts:
    def test_passkey_of_sam_does_not_open_adas_account(
        self, passkey: Passkey, sams: Passkey, as_nobody: Api
    ) -> None:
        sams.user_handle = passkey.user_handle
        assert refusal(log_in(as_nobody, sams, 401)) == REFUSED

    def test_passkey_of_sam_is_no_second_factor_of_ada(
        self, passkey: Passkey, sams: Passkey, as_nobody: Api
    ) -> None:
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        finish(as_nobody, options, sams.get(options["request_options"]), 401)

    @pytest.mark.parametrize("is_theirs", [True, False], ids=["of somebody else", "one's own"])
    def test_credential_is_registered_once(
        self, verified: Api, passkey: Passkey, as_sam: Api, is_theirs: bool
    ) -> None:
        """A second one with the same id and another key stopped the owner's passkey."""
        api = as_sam if is_theirs else verified
        if is_theirs:
            reauthenticate(as_sam)
        again = Passkey(credential_id=passkey.credential_id)
        problem = register(api, again, expect=400)
        assert refusal(problem) == (("credential", "passkey_exists"),)
        assert Authenticator.objects.filter(type="webauthn").count() == 1
        assert username_of(log_in(Api(), passkey)) == "ada"

    def test_removed_credential_may_be_registered_again(
        self, verified: Api, passkey: Passkey
    ) -> None:
        [known] = verified.get("/passkeys/")["results"]
        verified.delete(f"/passkeys/{known['id']}/")
        register(verified, passkey)


class TestChallenges:
    def test_refused_response_uses_up_the_challenge_of_a_login(
        self, passkey: Passkey, as_nobody: Api
    ) -> None:
        options = request_options(as_nobody)
        right = passkey.get(options["request_options"])
        passkey.is_present = False
        finish(as_nobody, options, passkey.get(options["request_options"]), 401)
        finish(as_nobody, options, right, 401)

    def test_refused_response_uses_up_the_challenge_of_a_registration(self, verified: Api) -> None:
        options = begin(verified)
        for key in (Passkey(origin="https://evil.example.com"), Passkey()):
            problem = verified.post("/passkeys/", {"credential": key.create(options)}, expect=400)
            assert refusal(problem) == NO_CREDENTIAL

    def test_challenge_of_a_registration_lives_for_five_minutes(
        self, verified: Api, time_machine: Any
    ) -> None:
        """It lived as long as the session, for 14 days and more."""
        options = begin(verified)
        time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))
        reauthenticate(verified)
        body = {"credential": Passkey().create(options)}
        assert refusal(verified.post("/passkeys/", body, expect=400)) == NO_CREDENTIAL

    def test_challenge_of_another_session_is_refused(
        self, verified: Api, ada: User, as_sam: Api
    ) -> None:
        other = Api(ada)
        for api in (other, as_sam):
            reauthenticate(api)
            begin(verified)
            problem = verified.post(
                "/passkeys/", {"credential": Passkey().create(begin(api))}, expect=400
            )
            assert refusal(problem) == NO_CREDENTIAL

    def test_challenge_of_a_login_is_refused_for_a_registration(
        self, verified: Api, as_nobody: Api
    ) -> None:
        begin(verified)
        key = Passkey(
            challenge=request_options(as_nobody)["request_options"]["publicKey"]["challenge"]
        )
        assert refusal(register(verified, key, expect=400)) == NO_CREDENTIAL

    def test_challenge_of_a_second_factor_opens_nothing_once_the_password_has_changed(
        self, passkey: Passkey, as_nobody: Api, ada: User
    ) -> None:
        """A thief of the key and the old password got in without the key's PIN.

        The login became one by the passkey alone, with a challenge that did not require a PIN.
        """
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        ada.set_password(NEW_PASSWORD)
        ada.save()
        passkey.is_verified = False
        finish(as_nobody, options, passkey.get(options["request_options"]), 401)
        assert not UserSession.objects.filter(user=ada).exists()


class TestAlteredResponses:
    def finish_altered(
        self, api: Api, passkey: Passkey, field: str, alter: Any, expect: int = 401
    ) -> Any:
        options = request_options(api)
        credential = passkey.get(options["request_options"])
        signed = websafe_decode(credential["response"][field])
        credential["response"][field] = websafe_encode(alter(signed))
        return finish(api, options, credential, expect)

    @pytest.mark.parametrize(
        ("field", "alter"),
        [
            ("clientDataJSON", lambda data: data.replace(b"}", b', "x": 1}')),
            ("clientDataJSON", lambda data: json.dumps(json.loads(data), indent=1).encode()),
            ("authenticatorData", lambda data: data[:33] + b"\x00\x00\x00\x09" + data[37:]),
            ("authenticatorData", lambda data: data[:32] + b"\x1d" + data[33:]),
            ("authenticatorData", lambda data: data[:37] + b"\xa0"),
            ("signature", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
            ("signature", lambda data: b"\x00"),
        ],
        ids=["more", "spaces", "counter", "flags", "extensions", "signature", "no signature"],
    )
    def test_response_altered_after_signing_is_refused(
        self, passkey: Passkey, as_nobody: Api, field: str, alter: Any
    ) -> None:
        options = request_options(as_nobody)
        credential = passkey.get(options["request_options"])
        signed = websafe_decode(credential["response"][field])
        credential["response"][field] = websafe_encode(alter(signed))
        body = {"session_token": options["session_token"], "credential": credential}
        response = as_nobody.client.post("/api/login/passkey/", body)
        assert response.status_code in (400, 401), response.content
        assert not UserSession.objects.filter(last_seen_at__gt=timezone.now()).exists()

    def test_user_verification_that_was_added_after_signing_is_refused(
        self, passkey: Passkey, as_nobody: Api
    ) -> None:
        passkey.is_verified = False
        self.finish_altered(
            as_nobody,
            passkey,
            "authenticatorData",
            lambda data: data[:32] + bytes([data[32] | 4]) + data[33:],
        )


class TestHostileKeys:
    def attested(self, credential: dict[str, Any], alter: Any) -> dict[str, Any]:
        """Replace the public key in the attestation, which is not signed."""
        attestation: Any = cbor.decode(websafe_decode(credential["response"]["attestationObject"]))
        data = attestation["authData"]
        start = 37 + 16 + 2 + 32
        key = alter(cbor.decode(data[start:]))
        attestation["authData"] = data[:start] + cbor.encode(key)
        credential["response"]["attestationObject"] = websafe_encode(cbor.encode(attestation))
        return credential

    @pytest.mark.parametrize("algorithm", [-65535, 0, 5, -999, "ES256"], ids=str)
    def test_key_of_an_algorithm_that_was_not_requested_is_refused(
        self, verified: Api, algorithm: Any
    ) -> None:
        credential = self.attested(
            Passkey().create(begin(verified)), lambda key: {**key, 3: algorithm}
        )
        problem = verified.post("/passkeys/", {"credential": credential}, expect=400)
        assert refusal(problem) == NO_CREDENTIAL

    @pytest.mark.parametrize(
        "alter",
        [
            lambda key: {**key, -2: b"\xff" * 32},
            lambda key: {**key, -2: b""},
            lambda key: {**key, -1: 99},
            lambda key: {1: 3, 3: -257, -1: b"\xff" * 9000, -2: b"\xff" * 3000},
            lambda key: {1: 1, 3: -8, -1: 6, -2: b"\x00"},
        ],
        ids=["not on the curve", "no point", "unknown curve", "huge RSA", "short Ed25519"],
    )
    def test_invalid_key_is_refused(self, verified: Api, alter: Any) -> None:
        key = Passkey()
        credential = self.attested(key.create(begin(verified)), alter)
        response = verified.client.post("/api/passkeys/", {"credential": credential})
        assert response.status_code in (201, 400), response.content
        options = request_options(Api())
        body = {
            "session_token": options["session_token"],
            "credential": key.get(options["request_options"]),
        }
        assert Api().client.post("/api/login/passkey/", body).status_code in (400, 401)

    def test_attestation_nested_deep_is_refused(self, verified: Api) -> None:
        credential = Passkey().create(begin(verified))
        nested = b"\x81" * 14_000 + b"\x00"
        credential["response"]["attestationObject"] = websafe_encode(nested)
        problem = verified.post("/passkeys/", {"credential": credential}, expect=400)
        assert refusal(problem) == NO_CREDENTIAL


class TestProof:
    """A user whose only second factor is a passkey reauthenticates with it."""

    def prove_by(self, api: Api, passkey: Passkey, expect: int = 204) -> Any:
        options = api.post(PROOF, {}, expect=200)["request_options"]
        return api.post(PROOF, {"credential": passkey.get(options)}, expect=expect)

    @pytest.fixture
    def as_keyed(self, passkey: Passkey, as_nobody: Api) -> Api:
        """Return a client of Ada, whose password no longer confirms her identity."""
        api = bearer(log_in(as_nobody, passkey)["access"])
        reauthenticate(api)
        assert refusal(api.post("/passkeys/", {}, expect=403))[0] == "reauthentication_required"
        return api

    def test_passkey_reauthenticates(self, as_keyed: Api, passkey: Passkey) -> None:
        self.prove_by(as_keyed, passkey)
        register(as_keyed, Passkey())

    @pytest.mark.parametrize(
        "lie",
        [{"origin": "https://evil.example.com"}, {"challenge": "AAAA"}, {"is_present": False}],
        ids=str,
    )
    def test_forged_assertion_does_not_reauthenticate(
        self, as_keyed: Api, passkey: Passkey, lie: dict[str, Any]
    ) -> None:
        for name, value in lie.items():
            setattr(passkey, name, value)
        assert refusal(self.prove_by(as_keyed, passkey, 400)) == NO_CREDENTIAL
        as_keyed.post("/passkeys/", {}, expect=403)

    def test_passkey_of_sam_does_not_reauthenticate_ada(self, as_keyed: Api, sams: Passkey) -> None:
        assert refusal(self.prove_by(as_keyed, sams, 400)) == NO_CREDENTIAL

    def test_assertion_works_once(self, as_keyed: Api, passkey: Passkey) -> None:
        options = as_keyed.post(PROOF, {}, expect=200)["request_options"]
        credential = passkey.get(options)
        as_keyed.post(PROOF, {"credential": credential}, expect=204)
        problem = as_keyed.post(PROOF, {"credential": credential}, expect=400)
        assert refusal(problem) == NO_CREDENTIAL

    def test_assertion_of_a_login_does_not_reauthenticate(
        self, as_keyed: Api, passkey: Passkey, as_nobody: Api
    ) -> None:
        as_keyed.post(PROOF, {}, expect=200)
        body = {"credential": passkey.get(request_options(as_nobody)["request_options"])}
        assert refusal(as_keyed.post(PROOF, body, expect=400)) == NO_CREDENTIAL

    def test_anonymous_request_is_401(self, as_nobody: Api) -> None:
        as_nobody.post(PROOF, {}, expect=401)
