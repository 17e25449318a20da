"""References by which our payments differ from those of other systems with the same account."""

from django.core.signing import BadSignature, Signer


def reference_of(payment_id: int) -> str:
    """Return the signed ID that the provider stores with a payment."""
    return _signer().sign(str(payment_id))


def payment_id_of(reference: str) -> int | None:
    """Return the ID of our payment; None for what others have stored."""
    try:
        return int(_signer().unsign(reference))
    except BadSignature:
        return None


def _signer() -> Signer:
    return Signer(salt="payments.references")
