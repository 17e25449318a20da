"""Passkeys after a password, recovery codes, and invalid credentials."""

from typing import Any

import pytest
from fido2.utils import websafe_encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.accounts.test_passkeys import (
    begin,
    finish,
    passkey,
    password,
    request_options,
    username_of,
    verified,
)
from tests.client import Api, refusal
from tests.standins.passkey import Passkey

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.slow,
]  # its statements are the same on every database

__all__ = ["passkey", "verified"]


class TestSecondFactor:
    def test_password_alone_does_not_log_in(self, passkey: Passkey, as_nobody: Api) -> None:
        needed = password(as_nobody)
        assert (needed["code"], needed["types"]) == ("mfa_required", ["recovery_codes", "webauthn"])

    def test_passkey_finishes_the_login(self, passkey: Passkey, as_nobody: Api) -> None:
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        (known,) = options["request_options"]["publicKey"]["allowCredentials"]
        assert known["id"] == websafe_encode(passkey.credential_id)
        tokens = finish(as_nobody, options, passkey.get(options["request_options"]))
        assert username_of(tokens) == "ada"

    @pytest.mark.parametrize(
        "lie",
        [{"origin": "https://evil.example.com"}, {"challenge": "AAAA"}, {"credential_id": b"x"}],
        ids=str,
    )
    def test_untrue_assertion_is_refused(
        self, passkey: Passkey, as_nobody: Api, lie: dict[str, Any]
    ) -> None:
        for name, value in lie.items():
            setattr(passkey, name, value)
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        finish(as_nobody, options, passkey.get(options["request_options"]), 401)

    def test_assertion_for_the_second_factor_is_no_login_of_its_own(
        self, passkey: Passkey, as_nobody: Api
    ) -> None:
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        finish(as_nobody, request_options(as_nobody), passkey.get(options["request_options"]), 401)

    def test_token_of_a_passkey_login_takes_no_code(self, passkey: Passkey, as_nobody: Api) -> None:
        body = {"session_token": request_options(as_nobody)["session_token"], "code": "123456"}
        problem = as_nobody.post("/login/2fa/", body, expect=401)
        assert refusal(problem) == ("login_expired", "log_in")

    def test_token_of_a_login_is_no_token_of_the_api(
        self, passkey: Passkey, as_nobody: Api
    ) -> None:
        for options in (request_options(as_nobody), password(as_nobody)):
            token = options["session_token"]
            Api(HTTP_AUTHORIZATION=f"Bearer {token}").get("/users/profile/", expect=401)

    def test_login_of_another_user_is_not_finished(
        self, passkey: Passkey, as_nobody: Api, as_sam: Api
    ) -> None:
        options = request_options(as_nobody, password(as_nobody)["session_token"])
        stranger = Passkey(user_handle=passkey.user_handle)
        finish(as_nobody, options, stranger.get(options["request_options"]), 401)


class TestRecoveryCodes:
    def test_only_passkeys_get_recovery_codes_too(
        self, passkey: Passkey, verified: Api, as_nobody: Api
    ) -> None:
        (code, *_) = verified.post("/2fa/recovery-codes/", {})["recovery_codes"]
        body = {"session_token": password(as_nobody)["session_token"], "code": code}
        assert username_of(as_nobody.post("/login/2fa/", body, expect=200)) == "ada"
        assert verified.get("/2fa/recovery-codes/") == {"left": 9, "total": 10}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
BYTES = st.binary(max_size=200).map(websafe_encode) | JSON
SHAPED = st.fixed_dictionaries(
    {
        "id": BYTES,
        "rawId": BYTES,
        "type": st.just("public-key") | JSON,
        "response": st.fixed_dictionaries(dict.fromkeys(NAMES, BYTES)) | JSON,
    },
    optional={"clientExtensionResults": JSON, "authenticatorAttachment": JSON},
)


untimed = settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@untimed
@given(credential=JSON | SHAPED)
def test_hostile_credential_is_refused(verified: Api, as_nobody: Api, credential: Any) -> None:
    begin(verified)
    options = {
        "session_token": request_options(as_nobody)["session_token"],
        "credential": credential,
    }
    for api, path, body in (
        (verified, "/passkeys/", {"credential": credential}),
        (as_nobody, "/login/passkey/", options),
    ):
        response = api.client.post(f"/api{path}", body)
        assert response.status_code in (400, 401), response.content


@untimed
@given(data=st.data())
def test_damaged_credential_does_not_crash(verified: Api, as_nobody: Api, data: Any) -> None:
    """A valid credential with some changed bytes."""
    device = Passkey()
    credential = device.create(begin(verified))
    spoilt = data.draw(st.sampled_from(["clientDataJSON", "attestationObject"]))
    credential["response"][spoilt] = _damage(data, credential["response"][spoilt])
    response = verified.client.post("/api/passkeys/", {"credential": credential})
    assert response.status_code in (201, 400), response.content
    assert verified.get("/passkeys/")["count"] >= (response.status_code == 201)


def _damage(data: Any, text: str) -> str:
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJabcdefghij0123456789-_"))
    cut = data.draw(st.booleans())
    return text[:at] if cut else text[:at] + letter + text[at + 1 :]
