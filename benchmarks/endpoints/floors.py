"""The bare SQL of a page and of an RSVP: the least that a request could ask of PostgreSQL."""

from collections.abc import Iterator
from itertools import repeat

from events.models import Event

# The statements of each transaction, in turn. A single one is a transaction by itself.
Transactions = Iterator[tuple[str, ...]]
PAGE_SIZE, FARTHEST_PAGE = 20, 500

_LISTED = "status = 'published' AND deleted_at IS NULL AND end_time > now()"
_PAGE = """
SELECT events_event.*, events_category.name, events_category.slug, username, display_name,
    max_attendees, going, interested, waiting, count, sum
FROM events_event
    JOIN events_tally ON events_tally.event_id = events_event.id
    JOIN events_rating ON events_rating.event_id = events_event.id
    LEFT JOIN events_category ON events_category.id = category_id
    LEFT JOIN accounts_user ON accounts_user.id = created_by_id
WHERE events_event.id IN (SELECT id FROM events_event WHERE {where} LIMIT 20 OFFSET {offset})
"""
_IN_ORDER = f"{_LISTED} AND {{more}} ORDER BY start_time, id"
_PROFILE = "SELECT * FROM accounts_user WHERE id = {user}"
_RSVPS = """
SELECT rsvp.*, title, start_time, end_time, location, events_event.status
FROM rsvp_rsvp AS rsvp JOIN events_event ON events_event.id = event_id
WHERE user_id = {user} ORDER BY rsvp.id DESC LIMIT 20
"""
_NOTIFICATIONS = """
SELECT * FROM notifications_notification WHERE user_id = {user} ORDER BY id DESC LIMIT 20
"""
_ATTENDEES = """
SELECT rsvp.status, guests, created_at, username, display_name
FROM rsvp_rsvp AS rsvp JOIN accounts_user ON accounts_user.id = user_id
WHERE event_id = {event} AND status = 'going' ORDER BY rsvp.id LIMIT 20
"""
_RSVP = (
    "BEGIN",
    "SELECT * FROM events_tally WHERE event_id = {event} FOR UPDATE",
    "INSERT INTO rsvp_rsvp (event_id, user_id, status, guests, arrived, is_confirmed, ticket_no,"
    " own_status, own_guests, created_at, updated_at)"
    " VALUES ({event}, {user}, 'going', 0, 0, true, 0, '', 0, now(), now())",
    "UPDATE events_tally SET going = going + 1 WHERE event_id = {event}",
    "INSERT INTO rsvp_answer (rsvp_id, event_id, from_status, to_status, guests, at)"
    " VALUES (lastval(), {event}, '', 'going', 0, now())",
    "INSERT INTO notifications_notification (user_id, kind, event_id, occasion, context, email,"
    " useful_until, request_id, created_at)"
    " VALUES ({user}, 'rsvp_confirmed', {event}, 'bare', '{{}}', '', now(), '', now())",
    "COMMIT",
)


def last_page() -> int:
    """Return page 500, or the last one of fewer events."""
    return min(FARTHEST_PAGE, Event.objects.published().count() // PAGE_SIZE)


def page(more: str = "true", *, number: int = 1) -> Transactions:
    where = _IN_ORDER.format(more=more)
    return repeat((_PAGE.format(where=where, offset=(number - 1) * PAGE_SIZE),))


def search(word: str) -> Transactions:
    """Any 20 matches, without ranking and counting them."""
    where = f"{_LISTED} AND search @@ '{word}'::tsquery"
    return repeat((_PAGE.format(where=where, offset=0),))


def box() -> Transactions:
    """Any 20 events in a square with about the area of the circle."""
    where = f"{_LISTED} AND latitude BETWEEN 52.44 AND 52.60 AND longitude BETWEEN 13.27 AND 13.54"
    return repeat((_PAGE.format(where=where, offset=0),))


def profile(user: int) -> Transactions:
    return repeat((_PROFILE.format(user=user),))


def rsvps(user: int) -> Transactions:
    return repeat((_RSVPS.format(user=user),))


def notifications(user: int) -> Transactions:
    return repeat((_NOTIFICATIONS.format(user=user),))


def attendees(event: int) -> Transactions:
    return repeat((_ATTENDEES.format(event=event),))


def rsvp(pairs: Iterator[tuple[int, int]]) -> Transactions:
    """Lock the tally, then write the RSVP, its history, the tally and the message."""
    for event, user in pairs:
        yield tuple(statement.format(event=event, user=user) for statement in _RSVP)
