"""Events, series, helpers, ticket types, codes, categories and tags."""

from tests.authorization.roles import (
    MAY_ADD,
    MAY_CHANGE,
    MAY_DELETE,
    MAY_VIEW,
    ORGANIZERS,
    OTHER,
    OWNER,
    SIGNED_IN,
)
from tests.authorization.rows import Row
from tests.factories import event_body

_DRAFT = {"event_id": "draft"}
_UPCOMING = {"event_id": "upcoming"}
_TICKETED = {"event_id": "ticketed"}
_NAME = {"name": "Seat"}
_CATEGORY, _TAG = {"pk": "category"}, {"pk": "tag"}
_TITLE = {"title": "Changed"}
_NAMED = {"name": "Brand new", "slug": "brand-new", "description": ""}

ROWS = [
    Row("events", "GET", 200, may=SIGNED_IN),
    Row("events", "POST", 201, may=ORGANIZERS, body=event_body()),
    Row("event-search", "GET", 200, may=SIGNED_IN, query="?q=event"),
    Row("event-suggest", "GET", 200, may=SIGNED_IN, query="?q=ev"),
    Row("event", "GET", 200, may=SIGNED_IN),
    Row("event", "PUT", 200, may={OWNER}, body=_TITLE),
    Row("event", "PATCH", 200, may={OWNER}, body=_TITLE),
    Row("event", "DELETE", 204, may={OWNER}, at=_UPCOMING),
    Row("event-copy", "POST", 201, may={OWNER}, body={}),
    Row("event-calendar", "GET", 200, may=SIGNED_IN),
    # Only their owner finds drafts; even admins do not.
    Row("event", "GET", 200, may={OWNER}, others=404, at=_DRAFT),
    Row("event", "PATCH", 200, may={OWNER}, others=404, at=_DRAFT, body=_TITLE),
    Row("event", "DELETE", 204, may={OWNER}, others=404, at=_DRAFT),
    Row("event-copy", "POST", 201, may={OWNER}, but={OTHER: 404}, at=_DRAFT, body={}),
    Row("event-calendar", "GET", 200, may={OWNER}, others=404, at=_DRAFT),
    Row("helpers", "GET", 200, may={OWNER}, others=404, at=_DRAFT),
    # Series.
    Row("series-list", "GET", 200, may=SIGNED_IN),
    Row("series", "GET", 200, may={OWNER}),
    Row("series", "PUT", 200, may={OWNER}, body=_TITLE),
    Row("series", "PATCH", 200, may={OWNER}, body=_TITLE),
    Row("series", "DELETE", 204, may={OWNER}),
    Row("series-calendar", "GET", 200, may=SIGNED_IN),
    # Helpers.
    Row("helpers", "GET", 200, may={OWNER} | MAY_VIEW),
    Row("helpers", "POST", 201, may={OWNER} | MAY_ADD, body={"username": "sam"}),
    Row("helper", "DELETE", 204, may={OWNER} | MAY_DELETE),
    # Ticket types and codes.
    Row("ticket-types", "GET", 200, may=SIGNED_IN, at=_TICKETED),
    Row("ticket-types", "POST", 201, may={OWNER} | MAY_ADD, at=_TICKETED, body=_NAME),
    Row("ticket-type", "GET", 200, may=SIGNED_IN, at=_TICKETED),
    Row("ticket-type", "PUT", 200, may={OWNER} | MAY_CHANGE, at=_TICKETED, body=_NAME),
    Row("ticket-type", "PATCH", 200, may={OWNER} | MAY_CHANGE, at=_TICKETED, body=_NAME),
    Row("ticket-type", "DELETE", 204, may={OWNER} | MAY_DELETE, at=_TICKETED),
    Row("codes", "GET", 200, may={OWNER} | MAY_VIEW, at=_TICKETED),
    Row("codes", "POST", 201, may={OWNER} | MAY_ADD, at=_TICKETED, body={"code": "LATE"}),
    Row("code", "GET", 200, may={OWNER} | MAY_VIEW, at=_TICKETED),
    Row("code", "PUT", 200, may={OWNER} | MAY_CHANGE, at=_TICKETED, body={"max_uses": 5}),
    Row("code", "PATCH", 200, may={OWNER} | MAY_CHANGE, at=_TICKETED, body={"max_uses": 5}),
    Row("code", "DELETE", 204, may={OWNER} | MAY_DELETE, at=_TICKETED),
    Row("ticket-types", "GET", 200, may={OWNER}, others=404, at=_DRAFT),
    Row("codes", "GET", 200, may={OWNER}, others=404, at=_DRAFT),
    # Categories and tags.
    Row("categories", "GET", 200, may=SIGNED_IN),
    Row("categories", "POST", 201, may=MAY_ADD, body=_NAMED),
    Row("category", "GET", 200, may=SIGNED_IN, at=_CATEGORY),
    Row("category", "PUT", 200, may=MAY_CHANGE, at=_CATEGORY, body=_NAMED),
    Row("category", "PATCH", 200, may=MAY_CHANGE, at=_CATEGORY, body=_NAMED),
    Row("category", "DELETE", 204, may=MAY_DELETE, at=_CATEGORY),
    Row("tags", "GET", 200, may=SIGNED_IN),
    Row("tags", "POST", 201, may=ORGANIZERS | MAY_ADD, body={"name": "brand-new"}),
    Row("tag", "GET", 200, may=SIGNED_IN, at=_TAG),
    Row("tag", "PUT", 200, may=MAY_CHANGE, at=_TAG, body={"name": "renamed"}),
    Row("tag", "PATCH", 200, may=MAY_CHANGE, at=_TAG, body={"name": "renamed"}),
    Row("tag", "DELETE", 204, may=MAY_DELETE, at=_TAG),
]
