"""Payments, refunds, webhooks, and the page of the test provider."""

from tests.authorization.roles import (
    ATTENDEE,
    EVERYBODY,
    MAY_ADD,
    MAY_VIEW,
    OWNER,
    SIGNED_IN,
    SUPERUSER,
)
from tests.authorization.rows import Row

ROWS = [
    Row("payments", "GET", 200, may=SIGNED_IN),
    Row("payment", "GET", 200, may={ATTENDEE, OWNER} | MAY_VIEW, others=404),
    # Admins need the permission to add refunds, and to see payments at all.
    Row(
        "payment-refund",
        "POST",
        202,
        may={OWNER, SUPERUSER},
        others=404,
        but=dict.fromkeys({ATTENDEE, *(MAY_VIEW - MAY_ADD)}, 403),
        body={},
    ),
    Row("event-payments", "GET", 200, may={OWNER} | MAY_VIEW, at={"event_id": "upcoming"}),
    Row("event-payments", "GET", 200, may={OWNER} | MAY_VIEW, query="?format=csv"),
    # No such provider is on here.
    Row("payment-webhook", "POST", 404, may=EVERYBODY, body={}),
    Row("test-provider-page", "GET", 404, may=EVERYBODY),
    Row("test-provider-page", "POST", 404, may=EVERYBODY),
]
