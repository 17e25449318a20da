"""Payments, refunds, webhooks, and the page of the test provider."""

from tests.authorization.roles import (
    ATTENDEE,
    EVERYBODY,
    MAY_CHANGE,
    MAY_VIEW,
    OWNER,
    SIGNED_IN,
)
from tests.authorization.rows import Row

ROWS = [
    Row("payments", "GET", 200, may=SIGNED_IN),
    Row("payment", "GET", 200, may={ATTENDEE, OWNER} | MAY_VIEW, others=404),
    Row(
        "payment-refund",
        "POST",
        202,
        may={OWNER} | MAY_CHANGE,
        others=404,
        but=dict.fromkeys({ATTENDEE, *(MAY_VIEW - MAY_CHANGE)}, 403),
        body={},
    ),
    Row("event-payments", "GET", 200, may={OWNER} | MAY_VIEW, at={"event_id": "upcoming"}),
    Row("event-payments", "GET", 200, may={OWNER} | MAY_VIEW, query="?format=csv"),
    # No such provider is on here.
    Row("payment-webhook", "POST", 404, may=EVERYBODY, body={}),
    Row("test-provider-page", "GET", 404, may=EVERYBODY),
    Row("test-provider-page", "POST", 404, may=EVERYBODY),
]
