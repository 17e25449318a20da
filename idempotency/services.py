"""Claim keys, store responses, and delete old ones.

Statements here commit on their own. The effect of a request commits in the transactions of its
view, so a crash between the two repeats the effect (ADR 36).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from core.database.rows import insert_missing
from core.errors import IdempotencyKeyReused, RequestInProgress
from idempotency.models import StoredResponse

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class Claim:
    """The right to run the request of a key and to store its response."""

    row_id: int
    name: str


def claim_key(*, user_id: int, key: str, fingerprint: str) -> Claim | StoredResponse:
    """Claim the key for this request, or return the response that is stored for it.

    `fingerprint` is the SHA-256 of the request. A claim lasts IDEMPOTENCY_LEASE_S seconds unless it
    is renewed. Raises IdempotencyKeyReused and RequestInProgress.
    """
    now = timezone.now()
    mine = StoredResponse(
        user_id=user_id,
        key=key,
        fingerprint=fingerprint,
        claim=uuid4().hex,
        claimed_until=now + _lease(),
        created_at=now,
    )
    insert_missing([mine])
    row = StoredResponse.objects.filter(user_id=user_id, key=key).first()
    if row is None:  # the request that held it has just failed
        raise RequestInProgress
    if row.claim == mine.claim:
        return Claim(row.pk, row.claim)
    if row.created_at <= now - KEPT:
        # The clean-up has not come yet. Of several requests, one deletes the row.
        StoredResponse.objects.filter(pk=row.pk).delete()
        return claim_key(user_id=user_id, key=key, fingerprint=fingerprint)
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if row.status is not None:
        return row
    return _take_over(row, mine.claim)


def renew(claim: Claim) -> None:
    """Extend the claim from now on, if it still holds the key."""
    _held(claim).update(claimed_until=timezone.now() + _lease())


def store(claim: Claim, *, status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Store the response; return False, and store nothing, if the claim was taken over."""
    return bool(_held(claim).update(status=status, headers=dict(headers), body=body))


def release(claim: Claim) -> None:
    """Free the key, because the request failed and may be sent again."""
    _held(claim).delete()


def forget_old() -> int:
    """Delete responses after 24 hours; return how many."""
    forgotten, _ = StoredResponse.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return forgotten


def _take_over(row: StoredResponse, name: str) -> Claim:
    """Raises RequestInProgress if the claim has not lapsed, or another request was faster."""
    now = timezone.now()
    lapsed = _held(Claim(row.pk, row.claim)).filter(claimed_until__lte=now)
    if not lapsed.update(claim=name, claimed_until=now + _lease()):
        raise RequestInProgress
    return Claim(row.pk, name)


def _held(claim: Claim) -> QuerySet[StoredResponse]:
    return StoredResponse.objects.filter(pk=claim.row_id, claim=claim.name, status=None)


def _lease() -> timedelta:
    return timedelta(seconds=settings.IDEMPOTENCY_LEASE_S)
