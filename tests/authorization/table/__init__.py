"""The expected results, by app."""

from tests.authorization.table import accounts, elsewhere, events, notifications, reviews, rsvp

ROWS = [
    *accounts.ROWS,
    *notifications.ROWS,
    *events.ROWS,
    *rsvp.ROWS,
    *reviews.ROWS,
    *elsewhere.ROWS,
]
