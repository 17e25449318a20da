"""Every view with POST either honours keys, or holds secrets, or is open."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from core.api.idempotency import honours_keys
from idempotency.models import StoredResponse
from tests.client import Api

# Their responses are stored for a day. A view whose response has a secret, or whose effect belongs
# to one session, is not in this list, and sets `holds_secrets = True`.
STORED = {
    "categories",
    "check-in",
    "check-in-batch",
    "check-in-close",
    "codes",
    "confirm-walk-in",
    "event-cancel",
    "event-copy",
    "event-rsvp",
    "events",
    "external-event-import",
    "helpers",
    "import-run",
    "import-subscriptions",
    "notification-read",
    "notifications-read-all",
    "payment-refund",
    "phone-verify",
    "review-hide",
    "reviews",
    "series-cancel",
    "series-rsvp",
    "tags",
    "ticket-types",
}
SECRET = {
    "calendar-address",
    "devices",
    "email-change",
    "link",
    "logout",
    "passkey-proof",
    "passkeys",
    "password-change",
    "reauthenticate",
    "recovery-codes",
    "totp",
}
OPEN = {
    "email-change-undo",
    "email-resend",
    "email-verify",
    "login",
    "login-2fa",
    "login-passkey",
    "login-social",
    "password-reset",
    "password-reset-confirm",
    "payment-webhook",
    "register",
    "token-refresh",
    "unsubscribe",
}


def views_with_post(resolver: URLResolver) -> dict[str, Any]:
    found = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            view = getattr(entry.callback, "cls", None)
            if view is not None and hasattr(view, "post"):
                found[str(entry.name)] = view
        elif entry.app_name != "admin":
            found |= views_with_post(entry)
    return found


@pytest.mark.embedded
def test_every_view_with_post_is_in_one_list() -> None:
    views = views_with_post(get_resolver())
    assert {name for name, view in views.items() if honours_keys(view)} == STORED
    assert {name for name, view in views.items() if hasattr(view, "holds_secrets")} >= SECRET
    assert set(views) == STORED | SECRET | OPEN


@pytest.mark.embedded
def test_swagger_has_the_header_where_it_is_honoured(client: Client) -> None:
    with_header = {
        operation["operationId"]
        for item in client.get("/swagger.json").json()["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
        for parameter in operation["parameters"]
        if parameter["in"] == "header" and {"409", "422"} <= operation["responses"].keys()
    }
    assert len(with_header) == len(STORED)
    assert {"events_create", "events_rsvp_create"} <= with_header
    assert not any(name.startswith(("2fa", "login", "passkeys")) for name in with_header)


@pytest.mark.django_db
class TestSecret:
    def test_new_calendar_address_is_not_stored(self, ada: Any) -> None:
        api = Api(ada, HTTP_IDEMPOTENCY_KEY="k")
        assert api.post("/users/calendar/")["url"] != api.post("/users/calendar/")["url"]
        assert not StoredResponse.objects.exists()

    def test_bad_key_is_ignored(self, ada: Any) -> None:
        Api(ada, HTTP_IDEMPOTENCY_KEY="").post("/users/calendar/")

    def test_key_without_a_login_is_ignored(self, as_nobody: Api) -> None:
        headers = {"Idempotency-Key": "k"}
        response = as_nobody.client.post("/api/login/", {}, headers=headers)
        assert response.json()["code"] == "validation_error"
        assert as_nobody.client.post("/api/events/", {}, headers=headers).status_code == 401
        assert not StoredResponse.objects.exists()
