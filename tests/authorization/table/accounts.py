"""Accounts: users get the same responses for their own, and none for others'."""

from tests.authorization.roles import ATTENDEE, EVERYBODY, SIGNED_IN, SUPERUSER
from tests.authorization.rows import Row
from tests.factories import PASSWORD

_NEWCOMER = {"username": "newcomer", "email": "newcomer@example.com", "password": "x" + PASSWORD}
_SAM = {"username": "sam", "password": PASSWORD}
_NEW = {"current_password": PASSWORD, "new_password": "another fine password"}
_STEP = {"session_token": "x", "code": "123456"}
_TOKEN = {"access_token": "x", "client_id": "y"}

ROWS = [
    # Logins are open; a token changes nothing.
    Row("register", "POST", 201, may=EVERYBODY, body=_NEWCOMER),
    Row("login", "POST", 200, may=EVERYBODY, body=_SAM),
    Row("login-2fa", "POST", 401, may=EVERYBODY, body=_STEP),
    Row("login-passkey", "POST", 200, may=EVERYBODY, body={}),
    Row("login-social", "POST", 404, may=EVERYBODY, body=_TOKEN),
    Row("token-refresh", "POST", 401, may=EVERYBODY, body={"refresh": "x"}),
    Row("password-reset", "POST", 202, may=EVERYBODY, body={"email": "ada@example.com"}),
    Row("password-reset-confirm", "POST", 400, may=EVERYBODY, body={"key": "x", "password": "y"}),
    Row("email-verify", "POST", 400, may=EVERYBODY, body={"key": "x"}),
    Row("email-resend", "POST", 202, may=EVERYBODY, body={"email": "ada@example.com"}),
    # The user's own sessions, password and address.
    Row("logout", "POST", 204, may=SIGNED_IN),
    Row("sessions", "GET", 200, may=SIGNED_IN),
    Row("sessions", "DELETE", 204, may=SIGNED_IN),
    Row("session", "DELETE", 204, may={ATTENDEE}, others=404),
    Row("reauthenticate", "POST", 204, may=SIGNED_IN, body={"password": PASSWORD}),
    Row("password-change", "POST", 204, may=SIGNED_IN, body=_NEW),
    Row("email-change-undo", "POST", 400, may=EVERYBODY, body={"key": "x"}),
    Row("passkey-proof", "POST", 200, may=SIGNED_IN, body={}),
    Row("email-change", "POST", 403, may=SIGNED_IN, body={"email": "x@example.org"}),
    Row("email-change", "POST", 202, may=SIGNED_IN, body={"email": "x@example.org"}, proven=True),
    # Second factors and other logins need a proof of identity.
    Row("totp", "GET", 200, may=SIGNED_IN, proven=True),
    Row("totp", "POST", 403, may=SIGNED_IN, body={"code": "123456"}),
    Row("totp", "POST", 400, may=SIGNED_IN, body={"code": "123456"}, proven=True),
    Row("totp", "DELETE", 403, may=SIGNED_IN),
    Row("totp", "DELETE", 204, may=SIGNED_IN, proven=True),
    Row("recovery-codes", "GET", 200, may=SIGNED_IN),
    Row("recovery-codes", "POST", 403, may=SIGNED_IN),
    Row("recovery-codes", "POST", 409, may=SIGNED_IN, but={ATTENDEE: 201}, proven=True),
    Row("passkeys", "GET", 200, may=SIGNED_IN),
    Row("passkeys", "POST", 403, may=SIGNED_IN, body={}),
    Row("passkeys", "POST", 200, may=SIGNED_IN, body={}, proven=True),
    Row("passkey", "DELETE", 403, may=SIGNED_IN),
    Row("passkey", "DELETE", 204, may={ATTENDEE}, others=404, proven=True),
    Row("links", "GET", 200, may=SIGNED_IN),
    Row("link", "POST", 404, may=SIGNED_IN, body=_TOKEN, proven=True),
    Row("link", "DELETE", 403, may=SIGNED_IN),
    Row("link", "DELETE", 204, may={ATTENDEE}, others=404, proven=True),
    # The profile, and its end.
    Row("profile", "GET", 200, may=SIGNED_IN),
    Row("profile", "PUT", 200, may=SIGNED_IN, body={"bio": "Climbs."}),
    Row("profile", "PATCH", 200, may=SIGNED_IN, body={"bio": "Climbs."}),
    Row("phone-verify", "POST", 409, may=SIGNED_IN, body={}),
    Row("phone-verify", "POST", 400, may=SIGNED_IN, body={"code": "123456"}),
    Row("profile", "DELETE", 403, may=SIGNED_IN),
    Row("profile", "DELETE", 204, may=SIGNED_IN, but={SUPERUSER: 409}, proven=True),
    Row("export", "GET", 200, may=SIGNED_IN),
]
