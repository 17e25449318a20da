"""Errors for fields that an endpoint does not have."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.api import serializers
from tests.client import Api, refusal
from tests.core.test_json_types import all_serializers

pytestmark = pytest.mark.embedded  # needs no server


def test_nearest_name_is_suggested(as_olive: Api) -> None:
    problem = as_olive.post("/events/", {"maxAttendees": 5, "xyz": 1}, expect=400)
    details = {error["field"]: error["detail"] for error in problem["errors"]}
    assert details["maxAttendees"].endswith("Did you mean max_attendees?")
    assert "mean" not in details["xyz"]


def test_read_only_field_is_never_suggested(as_olive: Api) -> None:
    problem = as_olive.post("/tags/", {"name": "jazz", "slugg": "jazz"}, expect=400)
    assert refusal(problem) == (("slugg", "unknown_field"),)
    assert "mean" not in problem["errors"][0]["detail"]


def test_nested_field_is_named_with_dots(as_ada: Api) -> None:
    body = {"notifications": {"channels": {"reminder": {"fax": True}, "remindre": {}}, "x": 1}}
    problem = as_ada.patch("/users/profile/", body, expect=400)
    assert set(refusal(problem)) == {
        ("notifications.x", "unknown_field"),
        ("notifications.channels.remindre", "unknown_field"),
        ("notifications.channels.reminder.fax", "unknown_field"),
    }


def test_other_errors_are_in_the_same_response(as_olive: Api) -> None:
    problem = as_olive.post("/tags/", {"naem": "jazz"}, expect=400)
    assert set(refusal(problem)) == {("naem", "unknown_field"), ("name", "required")}


def test_many_unknown_fields_get_a_short_response(as_olive: Api) -> None:
    body = {f"{number}{'x' * 90}": number for number in range(9000)}
    response = as_olive.client.post("/api/events/", body)
    assert response.status_code == 400
    assert len(response.json()["errors"]) < 20
    assert len(response.content) < 5000


def test_many_other_errors_get_a_short_response(as_olive: Api) -> None:
    body = {"exdates": ["x"] * 366, "tags": [True] * 20}
    errors = as_olive.post("/events/", body, expect=400)["errors"]
    assert len(errors) == 100


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x\x00\n\u202ey", "x\ufffd\ufffd\ufffdy"),
        ("x" * 5000, "x" * 60 + "…"),
        ("title\u200b", "title\ufffd"),
        ("<b>", "<b>"),
        ("", "non_field_errors"),
    ],
    ids=["control", "huge", "invisible", "html", "empty"],
)
def test_name_in_the_response_is_safe_to_show(as_olive: Api, name: str, shown: str) -> None:
    problem = as_olive.post("/tags/", {"name": "jazz", name: 1}, expect=400)
    assert refusal(problem) == ((shown, "unknown_field"),)


class TestForms:
    """Multipart bodies have the same rule: a file with a wrong name causes an error."""

    def send(self, api: Api, body: dict[str, Any]) -> Any:
        return api.client.patch("/api/users/profile/", body, format="multipart").json()

    def test_unknown_field_is_refused(self, as_ada: Api) -> None:
        assert refusal(self.send(as_ada, {"boi": "x"})) == (("boi", "unknown_field"),)

    def test_unknown_file_is_refused(self, as_ada: Api) -> None:
        body = {"picture": SimpleUploadedFile("a.png", b"x", "image/png")}
        assert refusal(self.send(as_ada, body)) == (("picture", "unknown_field"),)

    def test_nested_form_field_is_read(self, as_ada: Api) -> None:
        body = {"notifications.reminder_minutes[0]": "30", "bio": "x"}
        assert self.send(as_ada, body)["notifications"]["reminder_minutes"] == [30]

    def test_unknown_nested_form_field_is_refused(self, as_ada: Api) -> None:
        problem = self.send(as_ada, {"notifications.reminders": "30"})
        assert refusal(problem) == (("notifications.reminders", "unknown_field"),)


class TestAccepted:
    """Unknown fields that clients send by convention are ignored."""

    def test_tokens_at_logout(self, as_ada: Api) -> None:
        as_ada.post("/logout/", {"refresh": "x", "access": "y"}, expect=204)

    def test_access_token_at_refresh(self, as_nobody: Api) -> None:
        problem = as_nobody.post("/token/refresh/", {"refresh": "x", "access": "y"}, expect=401)
        assert problem["code"] == "token_not_valid"

    def test_unknown_query_parameter(self, as_ada: Api) -> None:
        as_ada.get("/events/", utm_source="mail")


class TestSerializers:
    def test_serializers_have_the_rule(self) -> None:
        """Serializers of the framework would bypass the rule."""
        bases = (serializers.Serializer, serializers.ModelSerializer, serializers.QueryParams)
        assert [kind for kind in all_serializers() if not issubclass(kind, bases)] == []

    def test_only_passkey_credentials_accept_any_field(self) -> None:
        lenient = {kind.__name__ for kind in all_serializers() if is_lenient(kind)}
        assert lenient == {
            "AssertionSerializer",
            "AttestationSerializer",
            "CredentialSerializer",
            "NewCredentialSerializer",
            "UsedCredentialSerializer",
        }


def is_lenient(kind: type[Any]) -> bool:
    return bool(getattr(kind, "ignores_unknown_fields", False))
