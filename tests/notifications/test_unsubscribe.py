"""One click in a mail, without a login (RFC 8058)."""

from typing import Any

import pytest
from django.core import signing
from django.test import Client

from accounts.models import User
from notifications.models import Preferences
from notifications.selectors import preferences_of
from notifications.unsubscribe import token_for
from tests.client import Api, refusal
from tests.notifications.kinds import Kind

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = (
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
def link(ada: User) -> str:
    """Return the path of the link in Ada's mail."""
    return f"/api/notifications/unsubscribe/{token_for(user_id=ada.pk, kind=Kind.REMINDER)}/"


@pytest.fixture
def mail_provider() -> Client:
    """Return a client that sends neither cookies nor a CSRF token."""
    return Client(enforce_csrf_checks=True)


def gets_reminders(user: User) -> bool:
    return preferences_of(user.pk).wants(Kind.REMINDER, "email")


class TestOneClick:
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (ONE_CLICK, "application/x-www-form-urlencoded"),
            (MULTIPART, "multipart/form-data; boundary=x"),
            ("", "application/x-www-form-urlencoded"),
            ("", "application/json"),
            ("{}", "application/json"),
            ("{broken", "application/json"),
            (ONE_CLICK, "text/plain"),
            (b"\x00\xff", "application/octet-stream"),
        ],
    )
    def test_any_body_is_accepted(
        self, mail_provider: Client, link: str, ada: User, body: Any, content_type: str
    ) -> None:
        response = mail_provider.post(link, body, content_type)
        assert response.status_code == 200
        expected = {"kind": "reminder", "channel": "email", "unsubscribed": True}
        assert response.json() == expected
        assert gets_reminders(ada) is False

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "image/png", "text/plain", "x"])
    def test_programs_get_json(self, mail_provider: Client, link: str, accept: str) -> None:
        response = mail_provider.post(link, headers={"accept": accept})
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "application/json"

    def test_nothing_else_is_switched_off(
        self, mail_provider: Client, link: str, as_ada: Api, as_sam: Api
    ) -> None:
        before = as_ada.get("/notifications/preferences/")
        mail_provider.post(link)
        before["channels"]["reminder"]["email"] = False
        assert as_ada.get("/notifications/preferences/") == before
        sams = as_sam.get("/notifications/preferences/")
        assert sams["channels"]["reminder"]["email"] is True

    def test_second_click_is_no_error(self, mail_provider: Client, link: str, ada: User) -> None:
        bodies = [mail_provider.post(link).json() for _ in range(2)]
        assert bodies[0] == bodies[1]
        assert gets_reminders(ada) is False

    def test_login_of_another_user_does_not_matter(
        self, as_sam: Api, link: str, ada: User, sam: User
    ) -> None:
        as_sam.post(link.removeprefix("/api"), expect=200)
        assert (gets_reminders(ada), gets_reminders(sam)) == (False, True)

    def test_stale_token_in_the_header_is_no_error(self, link: str, ada: User) -> None:
        Client().post(link, headers={"authorization": "Bearer stale"})
        assert gets_reminders(ada) is False


class TestGet:
    @pytest.mark.parametrize("accept", ["*/*", BROWSER["accept"]])
    def test_get_changes_nothing(self, link: str, ada: User, accept: str) -> None:
        for method in ("get", "head"):
            response = getattr(Client(), method)(link, headers={"accept": accept})
            assert response.status_code == 200
        assert gets_reminders(ada) is True
        assert not Preferences.objects.exists()

    def test_programs_get_the_current_state(self, link: str) -> None:
        client = Client()
        assert client.get(link).json()["unsubscribed"] is False
        client.post(link)
        assert client.get(link).json() == {
            "kind": "reminder",
            "channel": "email",
            "unsubscribed": True,
        }


class TestPage:
    def test_page_has_a_button_that_posts_to_itself(self, link: str) -> None:
        response = Client().get(link, headers=BROWSER)
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        page = response.content.decode()
        assert '<form method="post">' in page and "<button>Unsubscribe</button>" in page
        assert "“Reminder”" in page

    def test_page_loads_nothing_from_other_sites(self, link: str) -> None:
        response = Client().get(link, headers=BROWSER)
        page = response.content.decode()
        assert not [word for word in ("http:", "https:", "src=", "<script", "url(") if word in page]
        assert not response.cookies
        assert response.headers["X-Frame-Options"] == "DENY"

    def test_button_returns_a_page(self, mail_provider: Client, link: str, ada: User) -> None:
        form = "application/x-www-form-urlencoded"
        response = mail_provider.post(link, ONE_CLICK, form, headers=BROWSER)
        assert response.status_code == 200
        page = response.content.decode()
        assert "You are unsubscribed" in page and "<form" not in page
        assert gets_reminders(ada) is False

    def test_page_shows_that_it_is_already_done(self, link: str) -> None:
        Client().post(link)
        assert "You are unsubscribed" in Client().get(link, headers=BROWSER).content.decode()


class TestInvalidLink:
    @pytest.mark.parametrize("headers", [{}, BROWSER, {"accept": "application/json"}])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_cut_link_is_not_found(
        self, link: str, ada: User, method: str, headers: dict[str, str]
    ) -> None:
        response = getattr(Client(), method)(f"{link[:-5]}/", headers=headers)
        assert response.status_code == 404
        assert response.headers["Content-Type"] == "application/problem+json"
        assert refusal(response.json()) == ("not_found",)
        assert gets_reminders(ada) is True

    @pytest.mark.parametrize(
        "token",
        [
            "x",
            "a:b:c",
            "%00",
            "%ff",
            "é",
            "x" * 3000,
            signing.dumps([1, "reminder"], salt="something else"),
            signing.dumps([1, "gossip"], salt="notifications.unsubscribe"),
            signing.dumps([1], salt="notifications.unsubscribe"),
            signing.dumps(None, salt="notifications.unsubscribe"),
        ],
        # Signatures differ each time, but all workers of a run need the same names.
        ids=["x", "text", "nul", "ff", "letter", "long", "salt", "kind", "short", "null"],
    )
    def test_wrong_tokens_are_not_found(self, as_nobody: Api, token: str) -> None:
        as_nobody.get(f"/notifications/unsubscribe/{token}/", expect=404)
        as_nobody.post(f"/notifications/unsubscribe/{token}/", expect=404)

    def test_link_of_a_deleted_user_is_not_found(self, as_nobody: Api, db: None) -> None:
        token = token_for(user_id=999_999, kind=Kind.REMINDER)
        problem = as_nobody.post(f"/notifications/unsubscribe/{token}/", expect=404)
        assert refusal(problem) == ("not_found",)

    def test_other_methods_are_refused_as_problems(self, link: str) -> None:
        for method in ("put", "patch", "delete"):
            response = getattr(Client(), method)(link, headers=BROWSER)
            assert response.status_code == 405
            assert response.json()["code"] == "method_not_allowed"
