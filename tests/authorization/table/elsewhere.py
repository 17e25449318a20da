"""Imported events, analytics, and paths outside of the API."""

from tests.authorization.roles import (
    EVERYBODY,
    MAY_ADD,
    MAY_CHANGE,
    MAY_DELETE,
    MAY_VIEW,
    ORGANIZERS,
    OWNER,
    SIGNED_IN,
)
from tests.authorization.rows import Row

_IMPORT = {"provider": "ticketmaster"}
_SUBSCRIPTION = {"provider": "ticketmaster", "query": "rock", "every": "once"}

ROWS = [
    # No provider has a key here: people with permission get 503.
    Row("external-events", "GET", 503, may=SIGNED_IN, query="?provider=ticketmaster&query=x"),
    Row("external-event-import", "POST", 503, may=ORGANIZERS, body=_IMPORT),
    # Import subscriptions.
    Row("import-subscriptions", "GET", 200, may=MAY_VIEW),
    Row("import-subscriptions", "POST", 201, may=MAY_ADD, body=_SUBSCRIPTION),
    Row("import-subscription", "GET", 200, may=MAY_VIEW),
    Row("import-subscription", "PUT", 200, may=MAY_CHANGE, body={"query": "rock"}),
    Row("import-subscription", "PATCH", 200, may=MAY_CHANGE, body={"query": "rock"}),
    Row("import-subscription", "DELETE", 204, may=MAY_DELETE),
    Row("import-run", "POST", 200, may=MAY_CHANGE, body={}),
    # Numbers.
    Row("analytics-overview", "GET", 200, may=ORGANIZERS | MAY_VIEW),
    Row("analytics-overview", "GET", 200, may=ORGANIZERS | MAY_VIEW, query="?format=csv"),
    Row("analytics-popular-events", "GET", 200, may=ORGANIZERS | MAY_VIEW),
    Row("event-analytics", "GET", 200, may={OWNER} | MAY_VIEW),
    Row("event-analytics", "GET", 200, may={OWNER}, others=404, at={"event_id": "draft"}),
    # Outside of the API.
    *(
        Row("home", method, 302, may=EVERYBODY)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
    Row("health-live", "GET", 200, may=EVERYBODY),
    Row("health-ready", "GET", 200, may=EVERYBODY),
    Row("swagger-ui", "GET", 200, may=EVERYBODY),
    Row("redoc", "GET", 200, may=EVERYBODY),
    Row("swagger-spec", "GET", 200, may=EVERYBODY),
    Row("media/<path:name>", "GET", 404, may=EVERYBODY),
]
