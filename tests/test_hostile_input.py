"""Any input gets a status below 500, and errors are problems, also with DEBUG on."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from events.models import Event
from tests.client import access_token
from tests.factories import event_body
from tests.settings import IS_REAL

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.slow]

# Text that often causes errors, in addition to hypothesis's own.
NASTY = st.sampled_from(
    [
        "", " ", "\x00", "\ud800", "\u202e", "0", "-1", "1e999", "NaN", "9" * 400, "٣", "²", "true",
        "null", "[]", "{}", "%", "_", "\\", "'", '"', ";--", "<script>", "../..", "Ａ", "ﬁ", "İ",
        "2027-02-30", "9999-12-31T23:59:59Z", "0001-01-01", "24:00", "Europe/Berlin", "localtime",
        "52.5,13.4", "999,999", "distance", "today",
    ]
)  # fmt: skip
TEXT = st.one_of(NASTY, st.text(max_size=40))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.integers(-(10**30), 10**30), st.floats(), TEXT
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
FIELDS = [*event_body(), "timezone", "status", "max_attendees", "category_id", "tags", "latitude"]
PARAMETERS = [
    "page", "limit", "search", "title", "location", "date_from", "date_to", "tz", "category_id",
    "tags", "organizer", "when", "is_full", "mine", "ordering", "q", "category", "sort", "status",
    "unread", "near", "radius_km", "facets", "series", "checked_in", "format",
]  # fmt: skip
ENOUGH = settings(
    max_examples=150 if IS_REAL else 50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def client(olive: User) -> Client:
    access = access_token(olive)
    return Client(raise_request_exception=False, headers={"authorization": f"Bearer {access}"})


def check(response: Any) -> None:
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["code"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=3))
@ENOUGH
def test_event_bodies_cause_no_crash(client: Client, event: Event, changes: dict[str, Any]) -> None:
    with override_settings(DEBUG=True):
        body = json.dumps(event_body(**changes))
        check(client.post("/api/events/", body, "application/json"))
        check(client.patch(f"/api/events/{event.pk}/", json.dumps(changes), "application/json"))


@given(st.dictionaries(st.sampled_from(["status", "guests", "waitlist"]), JSON))
@ENOUGH
def test_rsvp_bodies_cause_no_crash(client: Client, event: Event, body: dict[str, Any]) -> None:
    path = f"/api/events/{event.pk}/rsvp/"
    check(client.post(path, json.dumps({"status": "going"} | body), "application/json"))


@given(
    st.dictionaries(
        st.sampled_from(["code", "user_id", "username", "people", "walk_in", "at"]), JSON
    )
)
@settings(ENOUGH, max_examples=60)
def test_check_in_bodies_cause_no_crash(client: Client, event: Event, body: dict[str, Any]) -> None:
    path = f"/api/events/{event.pk}/check-in/"
    for payload in (body, {"user_id": event.created_by_id} | body):
        check(client.post(path, json.dumps(payload), "application/json"))
    check(client.delete(path, json.dumps(body), "application/json"))
    check(client.post(f"{path}batch/", json.dumps([body, {"code": "x"}]), "application/json"))


@given(st.dictionaries(st.sampled_from(["username", "email", "password", "is_organizer"]), JSON))
@ENOUGH
def test_account_bodies_cause_no_crash(client: Client, body: dict[str, Any]) -> None:
    for path in ("register", "login", "token/refresh"):
        check(client.post(f"/api/{path}/", json.dumps(body), "application/json"))


@given(
    st.dictionaries(
        st.sampled_from(["bio", "profile_picture", "timezone", "interests", "name", "slug"]), JSON
    )
)
@ENOUGH
def test_profile_and_tag_bodies_cause_no_crash(client: Client, body: dict[str, Any]) -> None:
    check(client.patch("/api/users/profile/", json.dumps(body), "application/json"))
    check(client.post("/api/tags/", json.dumps(body), "application/json"))


@given(
    st.dictionaries(
        st.sampled_from(["reminder_minutes", "quiet_hours", "channels"]),
        st.one_of(
            JSON,
            st.lists(JSON, max_size=7),
            st.dictionaries(
                st.sampled_from(["from", "to", "reminder", "promoted"]),
                JSON | st.dictionaries(st.sampled_from(["email", "sms", "push"]), JSON),
            ),
        ),
    )
)
@ENOUGH
def test_preferences_cause_no_crash(client: Client, body: dict[str, Any]) -> None:
    for path, payload in (
        ("notifications/preferences", body),
        ("users/profile", {"notifications": body}),
    ):
        check(client.patch(f"/api/{path}/", json.dumps(payload), "application/json"))


@given(st.dictionaries(st.sampled_from(["token", "platform"]), JSON))
@ENOUGH
def test_device_bodies_cause_no_crash(client: Client, body: dict[str, Any]) -> None:
    for changes in ({}, {"platform": "web"}):
        check(client.post("/api/devices/", json.dumps(body | changes), "application/json"))


@given(TEXT, st.binary(max_size=60))
@ENOUGH
def test_unsubscribe_links_cause_no_crash(client: Client, token: str, body: bytes) -> None:
    path = f"/api/notifications/unsubscribe/{quote(token, errors='surrogatepass')}/"
    check(client.get(path))
    check(client.post(path, body, "application/x-www-form-urlencoded"))


@given(st.dictionaries(st.sampled_from(PARAMETERS), TEXT, min_size=1, max_size=4))
@ENOUGH
def test_query_strings_cause_no_crash(client: Client, event: Event, query: dict[str, str]) -> None:
    text = urlencode(query, errors="surrogatepass")
    attendees = f"events/{event.pk}/attendees/"
    for path in (
        "events/",
        "events/search/",
        "events/suggest/",
        "rsvps/",
        "notifications/",
        attendees,
    ):
        check(client.get(f"/api/{path}?{text}"))


@given(st.binary(max_size=60))
@ENOUGH
def test_bytes_cause_no_crash(client: Client, body: bytes) -> None:
    check(client.post("/api/events/", body, "application/json"))
