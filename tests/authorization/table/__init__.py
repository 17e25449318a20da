"""The expected results, by app."""

from tests.authorization.table import (
    accounts,
    elsewhere,
    events,
    notifications,
    payments,
    reviews,
    rsvp,
)

ROWS = [
    *accounts.ROWS,
    *notifications.ROWS,
    *events.ROWS,
    *payments.ROWS,
    *rsvp.ROWS,
    *reviews.ROWS,
    *elsewhere.ROWS,
]
