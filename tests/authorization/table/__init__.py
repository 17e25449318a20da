"""Expected results, by app."""

from tests.authorization.table import accounts, events, notifications, other_routes, reviews, rsvp

ROWS = [
    *accounts.ROWS,
    *notifications.ROWS,
    *events.ROWS,
    *rsvp.ROWS,
    *reviews.ROWS,
    *other_routes.ROWS,
]
