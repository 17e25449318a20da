"""Google's token endpoint and Firebase Cloud Messaging."""

import json
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.standins import Call, StandIn, StandInResponse

PROJECT = "stand-in"
SENDER = f"sender@{PROJECT}.iam.gserviceaccount.com"
ACCESS_TOKEN = "the-access-token"
SEND_PATH = "/v1/projects/{0}/messages:send"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def problem(
    status: int, name: str, message: str, *, fcm_code: str = "", field: str = ""
) -> StandInResponse:
    """Return an error as Google's APIs send it, with `fcm_code` and `field` in its details."""
    details: list[dict[str, Any]] = []
    if fcm_code:
        kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        details.append({"@type": kind, "errorCode": fcm_code})
    if field:
        kind = "type.googleapis.com/google.rpc.BadRequest"
        violation = {"field": field, "description": message}
        details.append({"@type": kind, "fieldViolations": [violation]})
    error = {"code": status, "message": message, "status": name}
    return StandInResponse(status, {"error": error | ({"details": details} if details else {})})


class Fcm(StandIn):
    """Gives access tokens for its service account. `refused`: the error for each device token."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, StandInResponse] = {}
        self.taken: list[dict[str, Any]] = []
        self.tokens_given = 0

    def service_account(self) -> dict[str, str]:
        """Return the content of the credentials file."""
        key = _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": key.decode(),
            "client_email": SENDER,
            "token_uri": f"{self.url}/token",
        }

    def respond(self, call: Call) -> StandInResponse:
        return self._give_token(call) if call.path == "/token" else self._take_message(call)

    def _give_token(self, call: Call) -> StandInResponse:
        form = {name: values[0] for name, values in parse_qs(call.body).items()}
        try:
            claims = jwt.decode(
                form["assertion"],
                _key().public_key(),
                algorithms=["RS256"],
                issuer=SENDER,
                options={"verify_aud": False},
            )
        except jwt.InvalidTokenError:
            claims = {}
        if form["grant_type"] != _JWT_BEARER or "scope" not in claims:
            return StandInResponse(
                400, {"error": "invalid_grant", "error_description": "Invalid JWT."}
            )
        self.tokens_given += 1
        token = {"access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer"}
        return StandInResponse(200, token)

    def _take_message(self, call: Call) -> StandInResponse:
        if call.headers.get("Authorization") != f"Bearer {ACCESS_TOKEN}":
            return problem(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        if call.path != SEND_PATH.format(PROJECT):
            return problem(404, "NOT_FOUND", "Requested entity was not found.")
        message = json.loads(call.body)["message"]
        if message["token"] in self.refused:
            return self.refused[message["token"]]
        self.taken.append(message)
        return StandInResponse(200, {"name": f"projects/{PROJECT}/messages/{len(self.taken)}"})
