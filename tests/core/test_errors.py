"""Every error response is a problem (RFC 9457), wherever it is raised."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.http import HttpResponse, HttpResponseServerError
from django.test import Client, RequestFactory, override_settings
from rest_framework.test import APIClient

from accounts.models import User
from core.middleware import ProblemMiddleware, RequestIdMiddleware
from events.models import Event
from tests.client import Api, refusal
from tests.factories import event_body

PROBLEM = "application/problem+json"


def problem_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == PROBLEM
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "code"} <= set(body)
    return body


@pytest.fixture(params=[False, True], ids=["", "DEBUG"])
def debug(request: pytest.FixtureRequest) -> Any:
    with override_settings(DEBUG=request.param):
        yield


@pytest.mark.usefixtures("debug")
class TestDjangoErrors:
    def test_unknown_path_is_404(self, client: Client) -> None:
        assert problem_of(client.get("/api/nope/"), 404)["code"] == "not_found"

    def test_write_without_slash_is_404(self, client: Client) -> None:
        problem = problem_of(client.post("/api/register"), 404)
        assert "slash" in problem["detail"]

    def test_read_without_slash_is_redirected(self, client: Client) -> None:
        assert client.get("/api/events").headers["Location"] == "/api/events/"

    def test_bad_host_is_400(self, client: Client) -> None:
        problem_of(client.get("/api/events/", headers={"host": "evil.example"}), 400)

    def test_body_over_the_largest_limit_is_413(self, client: Client) -> None:
        response = client.post("/api/login/", b" " * (6 * 1024 * 1024 + 1), "application/json")
        assert problem_of(response, 413)["code"] == "payload_too_large"

    def test_json_over_its_limit_is_413(self, client: Client) -> None:
        response = client.post("/api/login/", b" " * (1024 * 1024 + 1), "application/json")
        assert problem_of(response, 413)["code"] == "payload_too_large"

    def test_body_of_unknown_size_is_411(self, client: Client) -> None:
        response = client.post("/api/login/", headers={"transfer-encoding": "chunked"})
        assert problem_of(response, 411)["code"] == "length_required"

    def test_crash_in_a_view_is_500_without_details(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.raise_request_exception = False
        monkeypatch.setattr(
            "accounts.services.login.log_in", _raise(ZeroDivisionError("secret 42"))
        )
        response = client.post(
            "/api/login/", {"username": "a", "password": "b"}, "application/json"
        )
        problem = problem_of(response, 500)
        assert problem["code"] == "server_error"
        assert "42" not in response.content.decode()

    def test_crash_outside_a_view_is_500(self) -> None:
        middleware = ProblemMiddleware(lambda request: HttpResponseServerError("<h1>500</h1>"))
        response = middleware(RequestFactory().get("/api/events/"))
        assert json.loads(response.content)["code"] == "server_error"

    def test_lost_database_is_503(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.services.login.log_in", _raise(OperationalError("gone")))
        response = client.post(
            "/api/login/", {"username": "a", "password": "b"}, "application/json"
        )
        assert problem_of(response, 503)["code"] == "database_unavailable"
        assert response.headers["Retry-After"] == "2"

    def test_paths_outside_the_api_keep_html_pages(self, client: Client) -> None:
        assert client.get("/nope/").headers["Content-Type"].startswith("text/html")


def _raise(error: Exception) -> Any:
    def raising(**_: Any) -> None:
        raise error

    return raising


class TestRestFrameworkErrors:
    def test_missing_token_is_401(self, as_nobody: Api) -> None:
        assert refusal(as_nobody.get("/events/", expect=401)) == ("not_authenticated",)

    def test_options_is_405(self, as_olive: Api, event: Event) -> None:
        for path in ("/events/", f"/events/{event.pk}/", f"/events/{event.pk}/rsvp/"):
            response = as_olive.client.options(f"/api{path}")
            assert problem_of(response, 405)["code"] == "method_not_allowed"

    def test_row_deleted_meanwhile_is_409(
        self, as_olive: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A category can be deleted after its check and before the write."""
        monkeypatch.setattr("events.series.scopes.create_event", _raise(IntegrityError("gone")))
        problem = as_olive.post("/events/", event_body(), expect=409)
        assert refusal(problem) == ("conflict", "read_again")

    def test_401_names_the_scheme(self, client: Client) -> None:
        assert client.get("/api/events/").headers["WWW-Authenticate"].startswith("Bearer")

    def test_wrong_method_is_405(self, as_olive: Api) -> None:
        assert refusal(as_olive.delete("/events/", expect=405)) == ("method_not_allowed",)

    def test_wrong_accept_is_406(self, ada: User) -> None:
        api = Api(ada, HTTP_ACCEPT="image/png")
        assert refusal(api.get("/events/", expect=406)) == ("not_acceptable",)

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/xml", "multipart/form-data"]
    )
    def test_wrong_content_type_is_415(self, content_type: str, client: Client, db: None) -> None:
        response = client.post("/api/login/", b"{}", content_type)
        assert problem_of(response, 415)["code"] == "unsupported_media_type"


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b'{"title": "x"',
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"a":' * 33 + b"1" + b"}" * 33,
            b"\xff\xfe",
            b'{"a": 1}trailing',
        ],
    )
    def test_invalid_json_is_400(self, as_olive: Api, body: bytes) -> None:
        response = as_olive.client.post("/api/events/", body, content_type="application/json")
        assert problem_of(response, 400)["code"] == "parse_error"

    def test_depth_of_32_is_accepted(self, as_olive: Api) -> None:
        body = {"title": "x", "unknown": json.loads("[" * 31 + "]" * 31)}
        problem = as_olive.post("/events/", body, expect=400)
        assert ("unknown", "unknown_field") in refusal(problem)

    @pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"text"', b"true"])
    def test_json_other_than_an_object_is_400(self, as_olive: Api, body: bytes) -> None:
        response = as_olive.client.post("/api/events/", body, content_type="application/json")
        assert problem_of(response, 400)["code"] == "validation_error"

    def test_lone_surrogate_names_its_field(self, as_olive: Api) -> None:
        body = json.dumps(event_body(title="\ud800 night"))
        response = as_olive.client.post("/api/events/", body, content_type="application/json")
        assert refusal(problem_of(response, 400)) == (("title", "invalid_characters"),)

    @pytest.mark.parametrize("number", ["1e400", "9" * 400, "NaN"])
    def test_number_out_of_range_names_its_field(self, as_olive: Api, number: str) -> None:
        body = f'{{"title": "x", "max_attendees": {number}}}'
        response = as_olive.client.post("/api/events/", body, content_type="application/json")
        assert refusal(problem_of(response, 400)) == (("max_attendees", "invalid"),)

    def test_empty_body_is_an_empty_object(self, as_olive: Api) -> None:
        response = as_olive.client.post("/api/events/", b"", content_type="application/json")
        assert ("title", "required") in refusal(problem_of(response, 400))

    def test_read_only_fields_are_ignored(self, as_olive: Api, olive: User) -> None:
        body = event_body(id=77, going_count=9, created_by=99, is_full=True)
        event = as_olive.post("/events/", body)
        assert (event["going_count"], event["created_by"]["id"]) == (0, olive.pk)


class TestRequestIds:
    def test_valid_id_is_kept(self, client: Client) -> None:
        response = client.get("/health/live/", headers={"x-request-id": "abc-123"})
        assert response.headers["X-Request-ID"] == "abc-123"

    @pytest.mark.parametrize("bad", ["", "a b", "x" * 129, "<script>", "ä"])
    def test_other_ids_are_replaced(self, bad: str) -> None:
        request = RequestFactory().get("/api/events/", headers={"x-request-id": bad})
        response = RequestIdMiddleware(lambda request: HttpResponse())(request)
        assert len(response.headers["X-Request-ID"]) == 36

    def test_errors_have_an_id(self, client: Client) -> None:
        assert client.get("/api/nope/").headers["X-Request-ID"]


def test_cors_allows_only_configured_origins(client: Client) -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=["https://app.example.com"]):
        allowed = client.options(
            "/api/login/",
            headers={"origin": "https://app.example.com", "access-control-request-method": "POST"},
        )
        refused = client.options(
            "/api/login/",
            headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
        )
        problem = client.get("/api/nope/", headers={"origin": "https://app.example.com"})
    assert problem.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_error_with_a_hostile_value_is_json(ada: User) -> None:
    """The error for a choice repeats the value, which must be escaped as JSON."""
    client = APIClient()
    client.force_authenticate(ada)
    response = client.post("/api/events/1/rsvp/", {"status": "<b>\u2028\U0001f389"})
    assert problem_of(response, 400)["errors"][0]["code"] == "invalid_choice"
