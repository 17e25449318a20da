"""A copy of the database contains no secret with which a login is possible."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from core.crypto import CannotOpen, seal, unseal
from tests.accounts.login import (
    NEW_PASSWORD,
    Factor,
    begin_login,
    finish_login,
    sign_in,
)
from tests.accounts.mailed import keys_mailed
from tests.client import Api
from tests.factories import PASSWORD, unverify


def dump() -> str:
    """Return every row of every table, as text."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += [table, *cursor.fetchall()]
    return "\n".join(map(str, rows))


def secrets_in_dump(secrets: list[str]) -> list[str]:
    """Return the secrets that are in the dump, plain or in a common encoding."""
    rows = dump().lower()
    assert "ada@example.com" in rows  # control: plain text is found
    return [
        secret
        for secret in secrets
        if any(spelled in rows for spelled in (secret.lower(), secret.encode().hex()))
    ]


def test_secret_of_a_second_factor_that_is_being_set_up(as_confirmed: Api) -> None:
    assert secrets_in_dump([as_confirmed.get("/2fa/totp/")["secret"], PASSWORD]) == []


def test_secret_and_recovery_codes_of_a_second_factor(as_confirmed: Api) -> None:
    secret = as_confirmed.get("/2fa/totp/")["secret"]
    response = as_confirmed.post("/2fa/totp/", {"code": Factor(secret, []).code()})
    assert secrets_in_dump([secret, *response["recovery_codes"]]) == []


def test_used_codes(as_confirmed: Api) -> None:
    secret = as_confirmed.get("/2fa/totp/")["secret"]
    app = Factor(secret, [])
    codes = as_confirmed.post("/2fa/totp/", {"code": app.code()})["recovery_codes"]
    code = app.code(1)
    finish_login(begin_login(), code)
    finish_login(begin_login(), codes[0])
    assert secrets_in_dump([codes[0], f"'{code}'", secret]) == []


def test_tokens_of_a_session(ada: User) -> None:
    tokens = sign_in()
    newer = Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
    assert secrets_in_dump([*tokens.values(), *newer.values()]) == []


def test_token_of_a_login_that_waits(as_confirmed: Api) -> None:
    secret = as_confirmed.get("/2fa/totp/")["secret"]
    as_confirmed.post("/2fa/totp/", {"code": Factor(secret, []).code()})
    token = begin_login()
    assert secrets_in_dump([token, secret]) == []


def test_challenge_of_a_passkey(as_confirmed: Api) -> None:
    options = as_confirmed.post("/passkeys/", {}, expect=200)["creation_options"]
    assert secrets_in_dump([options["publicKey"]["challenge"]]) == []


def test_keys_of_mails(ada: User) -> None:
    """Before and after the mails were sent."""
    unverify(ada)
    Api().post("/password/reset/", {"email": ada.email}, expect=202)
    Api().post("/email/verify/resend/", {"email": ada.email}, expect=202)
    keys = keys_mailed("reset-password") + keys_mailed("verify-email")
    assert len(keys) == 2
    assert secrets_in_dump(keys) == []
    body = {"key": keys[0], "password": NEW_PASSWORD}
    Api().post("/password/reset/confirm/", body, expect=204)
    assert secrets_in_dump([keys[0], keys[0].rpartition("-")[2], NEW_PASSWORD, PASSWORD]) == []


def test_encrypted_text_opens_for_its_purpose_only() -> None:
    sealed = seal("secret", purpose="second-factor")
    assert unseal(sealed, purpose="second-factor") == "secret"
    for purpose in ("session", "session-token", ""):
        with pytest.raises(CannotOpen):
            unseal(sealed, purpose=purpose)
