"""Every write operation of the API refuses a value of a wrong JSON type, on its field.

Operations and fields come from `/swagger.json`, so new ones are included.
tests/core/test_json_types.py checks every serializer.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import DiscountCode
from payments.models import Payment
from tests.client import Api
from tests.factories import PASSWORD, CategoryFactory, EventFactory, TagFactory, event_body
from tests.reviews.past import past_event, review
from tests.rsvp.ticketed import offer

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

# Paths that need other rows for the same parameter name.
OTHER_ROWS = {
    "/events/{event_id}/reviews/{review_id}/reply/": "/events/{own_id}/reviews/{reply_to}/reply/",
    "/events/{event_id}/reviews/": "/events/{past_id}/reviews/",
    "/categories/{id}": "/categories/{category_id}",
    "/tags/{id}": "/tags/{tag_id}",
}
# Objects of the response, ignored in a body; Swagger cannot mark objects as read-only.
READ_ONLY_OBJECTS = {"category", "organizer", "last_run"}
WRONG = {"string": 12, "integer": "5", "number": "5.5", "boolean": 1, "array": "x", "object": "x"}

AMOUNTS = {"amount", "amount_off", "price"}  # text, or a number as JSON has it


@pytest.fixture
def path_values(as_alma: Api, alma: User, ada: User) -> dict[str, Any]:
    """Return a value for each path parameter, from rows that Alma may change."""
    User.objects.filter(pk=alma.pk).update(is_organizer=True)
    as_alma.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
    past, own = past_event(alma), past_event(ada, created_by=alma)
    subscription = {"provider": "ticketmaster", "query": "jazz", "location": "", "every": "weekly"}
    event = EventFactory.create(created_by=alma)
    ticket_type = offer(event, price=500, currency="EUR")
    payment = Payment.objects.create(
        event=event, payer=ada, rsvp_id=1, amount=500, currency="EUR", provider="test",
        status=Payment.Status.PAID, expires_at=timezone.now(),
    )  # fmt: skip
    return {
        "event_id": event.pk,
        "type_id": ticket_type.pk,
        "code_id": DiscountCode.objects.create(event=event, code="CODE").pk,
        "payment_id": payment.pk,
        "past_id": past.pk,
        "review_id": review(past, alma).pk,
        "own_id": own.pk,
        "reply_to": review(own, ada).pk,
        "series_id": as_alma.post("/events/", event_body(recurrence_pattern="weekly"))["series"],
        "category_id": CategoryFactory.create().pk,
        "tag_id": TagFactory.create().pk,
        "subscription_id": as_alma.post("/external-events/subscriptions/", subscription)["id"],
        "provider": "google",
        "external_id": "G1",
    }


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and fields of each operation that takes an object."""
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            for parameter in operation["parameters"] if method != "parameters" else ():
                if parameter["in"] != "body":
                    continue
                schema = parameter["schema"]
                if "$ref" in schema:
                    schema = spec["definitions"][schema["$ref"].rpartition("/")[2]]
                fields = {
                    name: field
                    for name, field in schema.get("properties", {}).items()
                    if not (
                        field.get("readOnly") or ("$ref" in field and name in READ_ONLY_OBJECTS)
                    )
                }
                if fields:
                    yield method, path, fields


def test_wrong_type_is_refused_on_its_field(
    client: Client, as_alma: Api, path_values: dict[str, Any]
) -> None:
    """Without strict fields, `{"max_attendees": "5"}` and `{"title": 12}` were accepted."""
    checked, lenient = set(), []
    for method, path, fields in operations(client.get("/swagger.json").json()):
        url = path
        for path_part, replacement in OTHER_ROWS.items():
            url = url.replace(path_part, replacement)
        for name, schema in fields.items():
            body = {name: name in AMOUNTS or WRONG[schema.get("type", "object")]}
            response = getattr(as_alma.client, method)(f"/api{url.format(**path_values)}", body)
            errors = response.json().get("errors", []) if response.status_code == 400 else []
            named = {
                error["field"].partition(".")[0] for error in errors if error["code"] != "required"
            }
            if name not in named:
                lenient.append((method, path, body, response.status_code, response.content))
        checked.add((method, path))
    assert lenient == []
    assert len(checked) > 45
