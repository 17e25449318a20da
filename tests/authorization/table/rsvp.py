"""RSVPs, attendees, tickets and check-in."""

from tests.authorization.roles import (
    ATTENDEE,
    EVERYBODY,
    HELPER,
    MAY_CHANGE,
    MAY_VIEW,
    OWNER,
    SIGNED_IN,
    STRANGER,
)
from tests.authorization.rows import Row

_DRAFT = {"event_id": "draft"}
_GOING = {"status": "going"}
_CHECK_IN = {OWNER, HELPER} | MAY_CHANGE
_READERS = {OWNER, HELPER} | MAY_VIEW
_ADA = {"username": "ada"}
_RHEA = {"username": "rhea"}

ROWS = [
    # Users RSVP for themselves.
    Row("event-rsvp", "GET", 200, may={ATTENDEE}, others=404),
    Row("event-rsvp", "POST", 201, may=SIGNED_IN, but={ATTENDEE: 200}, body=_GOING),
    Row("event-rsvp", "POST", 404, may=SIGNED_IN, at=_DRAFT, body=_GOING),
    Row("event-cancel", "POST", 200, may={ATTENDEE}, others=404, but={OWNER: 409}),
    Row("event-rsvp", "DELETE", 200, may={ATTENDEE}, others=404, but={OWNER: 409}),
    Row("confirm-walk-in", "POST", 200, may={STRANGER}, others=404, at={"event_id": "visited"}),
    Row("event-ticket", "GET", 200, may={ATTENDEE}, others=404),
    Row("series-rsvp", "POST", 201, may=SIGNED_IN, body=_GOING),
    Row("series-cancel", "POST", 404, may=SIGNED_IN, but={OWNER: 409}),
    Row("rsvps", "GET", 200, may=SIGNED_IN),
    Row("recommended", "GET", 200, may=SIGNED_IN),
    # Calendars: users read their own address, which is the secret of the feed.
    Row("calendar-address", "GET", 200, may=SIGNED_IN),
    Row("calendar-address", "POST", 201, may=SIGNED_IN),
    Row("calendar-feed", "GET", 200, may=EVERYBODY),
    # Attendees: everybody sees people that are going; filters need permission.
    Row("attendees", "GET", 200, may=SIGNED_IN),
    Row("attendees", "GET", 200, may=_READERS, query="?status=all"),
    Row("attendees", "GET", 200, may=_READERS, query="?checked_in=true"),
    Row("attendees", "GET", 200, may=_READERS, query="?search=ada"),
    Row("attendees", "GET", 200, may={OWNER} | MAY_VIEW, query="?format=csv"),
    Row("attendees", "GET", 200, may={OWNER}, others=404, at=_DRAFT),
    # Check-in.
    Row("attendance", "GET", 200, may=_READERS),
    Row("check-in", "POST", 200, may=_CHECK_IN, body=_ADA),
    Row("check-in", "POST", 200, may=_CHECK_IN, body={"username": "sam", "walk_in": True}),
    Row("check-in", "DELETE", 200, may=_CHECK_IN, body=_RHEA),
    Row("check-in-batch", "POST", 200, may=_CHECK_IN, body=[]),
    Row("check-in-close", "POST", 200, may={OWNER} | MAY_CHANGE),
    Row("check-in-close", "DELETE", 200, may={OWNER} | MAY_CHANGE),
]
