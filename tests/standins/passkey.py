"""A software authenticator (ES256). Results are what the browser's `toJSON()` returns."""

import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

_AAGUID = b"\0" * 16


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Passkey:
    """Registers and logs in. Change a field to make it lie."""

    origin: str = "http://localhost:3000"
    rp_id: str = "localhost"
    is_verified: bool = True  # the user, by fingerprint or PIN
    is_present: bool = True
    challenge: str = ""  # replaces the one in the options
    kind: str = ""  # replaces webauthn.create or webauthn.get
    user_handle: str = ""
    counter: int = 0
    is_in_frame: bool = False  # of a page of another site
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return a new credential for `creation_options`."""
        public_key = options["publicKey"]
        self.user_handle = self.user_handle or public_key["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(_AAGUID, self.credential_id, public)
        client_data = self._client_data("webauthn.create", public_key["challenge"])
        attested = AttestationObject.create("none", self._data(credential), {})
        return self._credential(
            {
                "clientDataJSON": websafe_encode(client_data),
                "attestationObject": websafe_encode(attested),
                "transports": ["internal"],
            },
            extensions={"credProps": {"rk": True}},
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return an assertion for `request_options`."""
        client_data = self._client_data("webauthn.get", options["publicKey"]["challenge"])
        data = self._data()
        signature = self.key.sign(data + client_data.hash, ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": websafe_encode(client_data),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": self.user_handle,
            }
        )

    def _client_data(self, kind: str, challenge: str) -> CollectedClientData:
        value = websafe_decode(self.challenge or challenge)
        return CollectedClientData.create(self.kind or kind, value, self.origin, self.is_in_frame)

    def _data(self, credential: bytes = b"") -> AuthenticatorData:
        flag = AuthenticatorData.FLAG
        flags = flag.UP if self.is_present else flag(0)
        flags |= flag.UV if self.is_verified else flag(0)
        flags |= flag.AT if credential else flag(0)
        rp_id_hash = sha256(self.rp_id.encode())
        return AuthenticatorData.create(rp_id_hash, flags, self.counter, credential)

    def _credential(
        self, response: dict[str, Any], extensions: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        identity = websafe_encode(self.credential_id)
        return {
            "id": identity,
            "rawId": identity,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": extensions or {},
            "response": response,
        }
