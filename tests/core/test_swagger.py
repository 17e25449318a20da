"""Swagger, ReDoc and swagger.json."""

import re
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.embedded  # needs no server

OPEN = {
    "/register/",
    "/login/",
    "/login/2fa/",
    "/login/passkey/",
    "/login/social/{provider}/",
    "/token/refresh/",
    "/password/reset/",
    "/password/reset/confirm/",
    "/email/verify/",
    "/email/verify/resend/",
    "/email/change/undo/",
    "/notifications/unsubscribe/{token}/",
    "/calendar/{secret}.ics",
    "/payments/webhooks/{provider}/",
}


@pytest.fixture
def spec(client: Client) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/swagger.json").json()
    return described


def operations(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]


def test_pages_exist(client: Client) -> None:
    for path in ("/swagger/", "/redoc/"):
        page = client.get(path)
        assert page.status_code == 200
        assert b"http://" not in page.content.replace(b"http://testserver", b"").replace(
            b"http://www.w3.org", b""
        )


def test_root_redirects_to_swagger(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/swagger/"


def test_endpoints_are_described(spec: dict[str, Any]) -> None:
    assert {f"{method.upper()} {path}" for method, path, _ in operations(spec)} == {
        "POST /register/",
        "POST /login/",
        "POST /login/2fa/",
        "POST /login/passkey/",
        "POST /login/social/{provider}/",
        "POST /token/refresh/",
        "POST /logout/",
        "GET /sessions/",
        "DELETE /sessions/",
        "DELETE /sessions/{session_id}/",
        "POST /reauthenticate/",
        "POST /password/change/",
        "POST /password/reset/",
        "POST /password/reset/confirm/",
        "POST /email/verify/",
        "POST /email/verify/resend/",
        "POST /email/change/",
        "POST /email/change/undo/",
        "POST /reauthenticate/passkey/",
        "GET /2fa/totp/",
        "POST /2fa/totp/",
        "DELETE /2fa/totp/",
        "GET /2fa/recovery-codes/",
        "POST /2fa/recovery-codes/",
        "GET /passkeys/",
        "POST /passkeys/",
        "DELETE /passkeys/{passkey_id}/",
        "GET /users/social/",
        "POST /users/social/{provider}/",
        "DELETE /users/social/{provider}/",
        "GET /users/profile/",
        "PUT /users/profile/",
        "PATCH /users/profile/",
        "DELETE /users/profile/",
        "GET /users/profile/export/",
        "POST /users/phone/verify/",
        "GET /events/",
        "POST /events/",
        "GET /events/recommended/",
        "GET /events/search/",
        "GET /events/suggest/",
        "GET /events/{event_id}/",
        "PUT /events/{event_id}/",
        "PATCH /events/{event_id}/",
        "DELETE /events/{event_id}/",
        "POST /events/{event_id}/copy/",
        "GET /events/{event_id}/staff/",
        "POST /events/{event_id}/staff/",
        "DELETE /events/{event_id}/staff/{user_id}/",
        "GET /events/{event_id}/ticket-types/",
        "POST /events/{event_id}/ticket-types/",
        "GET /events/{event_id}/ticket-types/{type_id}/",
        "PUT /events/{event_id}/ticket-types/{type_id}/",
        "PATCH /events/{event_id}/ticket-types/{type_id}/",
        "DELETE /events/{event_id}/ticket-types/{type_id}/",
        "GET /events/{event_id}/codes/",
        "POST /events/{event_id}/codes/",
        "GET /events/{event_id}/codes/{code_id}/",
        "PUT /events/{event_id}/codes/{code_id}/",
        "PATCH /events/{event_id}/codes/{code_id}/",
        "DELETE /events/{event_id}/codes/{code_id}/",
        "GET /series/{series_id}/",
        "PUT /series/{series_id}/",
        "PATCH /series/{series_id}/",
        "DELETE /series/{series_id}/",
        "GET /external-events/",
        "POST /external-events/{external_id}/import/",
        "GET /external-events/subscriptions/",
        "POST /external-events/subscriptions/",
        "GET /external-events/subscriptions/{subscription_id}/",
        "PUT /external-events/subscriptions/{subscription_id}/",
        "PATCH /external-events/subscriptions/{subscription_id}/",
        "DELETE /external-events/subscriptions/{subscription_id}/",
        "POST /external-events/subscriptions/{subscription_id}/run/",
        "GET /events/{event_id}/calendar.ics",
        "GET /series/{series_id}/calendar.ics",
        "GET /events/{event_id}/rsvp/",
        "POST /events/{event_id}/rsvp/",
        "DELETE /events/{event_id}/rsvp/",
        "POST /events/{event_id}/cancel/",
        "POST /events/{event_id}/walk-in/confirm/",
        "GET /events/{event_id}/attendees/",
        "GET /events/{event_id}/attendance/",
        "GET /events/{event_id}/ticket/",
        "POST /events/{event_id}/check-in/",
        "DELETE /events/{event_id}/check-in/",
        "POST /events/{event_id}/check-in/batch/",
        "POST /events/{event_id}/check-in/close/",
        "DELETE /events/{event_id}/check-in/close/",
        "GET /events/{event_id}/reviews/",
        "POST /events/{event_id}/reviews/",
        "GET /events/{event_id}/reviews/{review_id}/",
        "PUT /events/{event_id}/reviews/{review_id}/",
        "PATCH /events/{event_id}/reviews/{review_id}/",
        "DELETE /events/{event_id}/reviews/{review_id}/",
        "PUT /events/{event_id}/reviews/{review_id}/reply/",
        "DELETE /events/{event_id}/reviews/{review_id}/reply/",
        "POST /events/{event_id}/reviews/{review_id}/hide/",
        "DELETE /events/{event_id}/reviews/{review_id}/hide/",
        "POST /series/{series_id}/rsvp/",
        "POST /series/{series_id}/cancel/",
        "GET /users/calendar/",
        "POST /users/calendar/",
        "GET /calendar/{secret}.ics",
        "GET /rsvps/",
        "GET /analytics/overview/",
        "GET /analytics/popular-events/",
        "GET /events/{event_id}/analytics/",
        "GET /notifications/",
        "POST /notifications/{notification_id}/read/",
        "GET /notifications/preferences/",
        "PUT /notifications/preferences/",
        "PATCH /notifications/preferences/",
        "GET /notifications/unsubscribe/{token}/",
        "POST /notifications/unsubscribe/{token}/",
        "GET /devices/",
        "POST /devices/",
        "DELETE /devices/{device_id}/",
        "GET /categories/",
        "POST /categories/",
        "GET /categories/{id}/",
        "PUT /categories/{id}/",
        "GET /payments/",
        "GET /payments/{payment_id}/",
        "POST /payments/{payment_id}/refund/",
        "GET /events/{event_id}/payments/",
        "POST /payments/webhooks/{provider}/",
        "PATCH /categories/{id}/",
        "DELETE /categories/{id}/",
        "GET /reviews/",
        "POST /notifications/read-all/",
        "GET /series/",
        "GET /tags/",
        "POST /tags/",
        "GET /tags/{id}/",
        "PUT /tags/{id}/",
        "PATCH /tags/{id}/",
        "DELETE /tags/{id}/",
    }


def test_responses_are_described(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        responses = operation["responses"]
        where = f"{method} {path}"
        assert "429" in responses, where
        is_open = path in OPEN - {"/login/", "/token/refresh/"}
        assert ("401" in responses) or is_open, where
        if method in ("post", "put", "patch"):
            assert {"400", "413", "415"} <= set(responses), where
        if "{" in path:
            assert "404" in responses, where
        for status, response in responses.items():
            assert response["description"], (where, status)
            if status != "204" and (status != "202" or "schema" in response):
                assert response.get("examples") or response["schema"]["example"], (where, status)
        assert operation["summary"], where
        assert operation["description"], where


def test_example_of_external_events_has_all_fields(
    spec: dict[str, Any],
) -> None:
    response = spec["paths"]["/external-events/"]["get"]["responses"]["200"]
    [example] = response["examples"].values()
    assert sorted(example) == sorted(response["schema"]["properties"])


def test_description_of_an_import_is_complete(spec: dict[str, Any]) -> None:
    """Django REST framework drops a paragraph that starts with a word and a colon."""
    described = spec["paths"]["/external-events/{external_id}/import/"]["post"]["description"]
    assert described.count("possible_duplicates") == 1


def test_pages_load_the_json_document(client: Client) -> None:
    """Their own URL with ?format= returns HTML to a browser."""
    for path in ("/swagger/", "/redoc/"):
        assert b"/swagger.json" in client.get(path, headers={"accept": "text/html"}).content
    assert client.get("/swagger.json", headers={"accept": "*/*"}).json()["swagger"] == "2.0"


def test_patterns_are_valid_in_browsers(spec: dict[str, Any]) -> None:
    for name, definition in spec["definitions"].items():
        for field, schema in definition["properties"].items():
            assert not set(re.findall(r"\\[AZ]", schema.get("pattern", ""))), (name, field)


def test_open_endpoints_need_no_token(spec: dict[str, Any]) -> None:
    is_open = {path for _, path, operation in operations(spec) if not operation["security"]}
    assert is_open == OPEN


def test_path_parameters_have_types(spec: dict[str, Any]) -> None:
    parameters = {
        parameter["name"]: parameter["type"]
        for path in spec["paths"].values()
        for parameter in path["parameters"]
    }
    for name in ("token", "provider", "secret"):
        assert parameters.pop(name) == "string", name
    assert set(parameters.values()) == {"integer"}


def test_parameters_are_described_once(spec: dict[str, Any]) -> None:
    """Otherwise client generators write functions with two parameters of one name."""
    repeated = [
        (method, path)
        for method, path, operation in operations(spec)
        for own in [{parameter["name"] for parameter in operation["parameters"]}]
        if own & {parameter["name"] for parameter in spec["paths"][path].get("parameters", [])}
    ]
    assert repeated == []


def test_query_parameters_match_the_filters(spec: dict[str, Any]) -> None:
    parameters = spec["paths"]["/events/search/"]["get"]["parameters"]
    assert {p["name"] for p in parameters} == {
        "q", "category", "sort", "search", "title", "location", "date_from", "date_to", "tz",
        "category_id", "tags", "organizer", "when", "is_full", "mine", "page", "limit",
        "near", "radius_km", "facets", "series", "status", "ordering",
    }  # fmt: skip
    by_name = {p["name"]: p for p in parameters}
    assert by_name["when"]["enum"] == ["now", "today", "weekend", "upcoming", "past", "all"]


def test_deletion_of_an_event_has_its_errors(spec: dict[str, Any]) -> None:
    responses = spec["paths"]["/events/{event_id}/"]["delete"]["responses"]
    assert sorted(responses) == ["204", "400", "401", "403", "404", "409", "429"]


def test_events_accept_forms(spec: dict[str, Any]) -> None:
    refused = spec["paths"]["/events/"]["post"]["responses"]["415"]
    assert "`multipart/form-data`" in refused["description"]


def test_event_has_is_recurring(spec: dict[str, Any]) -> None:
    assert spec["definitions"]["Event"]["properties"]["is_recurring"]["type"] == "boolean"


def test_fields_of_upper_apps_are_in_the_event(spec: dict[str, Any]) -> None:
    assert spec["definitions"]["Event"]["properties"]["my_rsvp"]


def test_endpoints_describe_rate_limit_headers(spec: dict[str, Any]) -> None:
    headers = {
        tuple(sorted(operation["responses"]["429"]["headers"]))
        for _, _, operation in operations(spec)
    }
    assert headers == {("RateLimit", "RateLimit-Policy", "Retry-After")}


def test_bodies_without_more_fields_are_closed(spec: dict[str, Any]) -> None:
    closed = {
        name
        for name, definition in spec["definitions"].items()
        if definition.get("additionalProperties") is False
    }
    assert {"Login", "PasswordChange", "CheckInInput", "RunInput"} - closed == set()
    # Responses may get new fields; the others accept fields of responses, or of a standard.
    open_ones = {"Event", "Rsvp", "Profile", "EventInput", "NewCredential", "RsvpInput"}
    assert open_ones & closed == set()
