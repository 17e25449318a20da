"""A query parameter without a value is an error, unless empty text matches everything.

Operations and parameters come from `/swagger.json`, so that new ones are included.
"""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from events.models import DiscountCode
from tests.client import Api
from tests.factories import EventFactory, event_body
from tests.rsvp.ticketed import offer

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

# Search words, and sets of which a result must have all: every result matches an empty value.
MAY_BE_EMPTY = {"search", "q", "title", "location", "query", "tags"}
# Parameters that a list needs, so that it reads the others.
NEEDED = {"/reviews/": "mine=true&"}


@pytest.fixture
def path_values(as_alma: Api, alma: User) -> dict[str, Any]:
    """Return a value for each path parameter."""
    User.objects.filter(pk=alma.pk).update(is_organizer=True)
    feed = as_alma.get("/users/calendar/")["url"]
    event = EventFactory.create(created_by=alma)
    return {
        "event_id": event.pk,
        "type_id": offer(event).pk,
        "code_id": DiscountCode.objects.create(event=event, code="CODE").pk,
        "payment_id": 1,
        "provider": "stripe",
        "series_id": as_alma.post("/events/", event_body(recurrence_pattern="weekly"))["series"],
        "secret": feed.rpartition("/")[2].removesuffix(".ics"),
    }


def test_parameter_without_a_value_is_refused(
    client: Client, as_alma: Api, path_values: dict[str, Any]
) -> None:
    """`?date_to=` listed events of any day, and `?scope=` deleted one occurrence of a series."""
    checked, ignored = set(), []
    for path, methods in client.get("/swagger.json").json()["paths"].items():
        for method, operation in methods.items():
            for parameter in operation["parameters"] if method != "parameters" else ():
                name = parameter["name"]
                if parameter["in"] != "query":
                    continue
                url = f"/api{path.format(**path_values)}?{NEEDED.get(path, '')}{name}="
                response = getattr(as_alma.client, method)(url)
                is_json = "json" in response.headers["Content-Type"]
                errors = response.json().get("errors", []) if is_json else []
                if (name in [error["field"] for error in errors]) == (name in MAY_BE_EMPTY):
                    ignored.append((method, path, name, response.status_code))
                checked.add(name)
    assert ignored == []
    assert {"date_to", "date_from", "page", "limit", "near", "scope", "category", "when"} <= checked
