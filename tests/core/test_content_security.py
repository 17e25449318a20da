"""Content-Security-Policy and cache headers of responses."""

import re
from pathlib import Path
from typing import Any

import pytest
import unfold
from django.conf import settings
from django.test import Client, override_settings

from accounts.models import User
from tests.client import Api

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

PAGES = ("/admin/login/", "/swagger/", "/redoc/")

# Lines that Alpine's CSP build cannot read or that add an inline style, and their replacements.
CHANGES = {
    "unfold/layouts/skeleton.html": [
        (
            "{% static 'unfold/js/alpine/alpine.js' %}",
            "{% static 'core/alpine/alpine-csp-3.17.4.min.js' %}",
        ),
        (
            "        {% block extrastyle %}",
            '        <meta name="htmx-config" content=\'{"allowEval": false, '
            '"includeIndicatorStyles": false}\'>\n\n        {% block extrastyle %}',
        ),
        (
            """          x-data="{
                  {% if opts %}activeTab: '{% tabs_primary_active inline_admin_formsets %}',"""
            """{% endif %}
                  sidebarMobileOpen: false,
                  sidebarDesktopOpen: (localStorage.getItem('sidebarDesktopOpen') !== null) ? """
            """(localStorage.getItem('sidebarDesktopOpen') == '1') : true
                  }"
          x-init="
                  activeTab = {% if opts %}getCurrentTab() || """
            """'{% tabs_primary_active inline_admin_formsets %}'{% else %}''{% endif %};
                  $watch('sidebarDesktopOpen', value => """
            """localStorage.setItem('sidebarDesktopOpen', value ? '1' : '0'));
                 "
""",
            """          x-data="page('{% if opts %}"""
            """{% tabs_primary_active inline_admin_formsets %}{% endif %}')"
""",
        ),
        (
            '<style id="unfold-theme-colors">',
            '<style id="unfold-theme-colors" nonce="{{ request.csp_nonce }}">',
        ),
    ],
    "unfold/helpers/welcomemsg.html": [
        (
            "sidebarDesktopOpen = !sidebarDesktopOpen; localStorage.setItem("
            "'sidebarDesktopOpen', sidebarDesktopOpen ? '1' : '0');",
            "sidebarDesktopOpen = !sidebarDesktopOpen",
        )
    ],
    "unfold/helpers/search.html": [
        ("openSearchResults = true; currentIndex = 0", "openResults()"),
        (
            "openSearchResults = false; if ($refs.searchInput.value === '') "
            "{ $refs.searchInput.blur() } else { $refs.searchInput.value = '' }",
            "closeResults()",
        ),
    ],
    "unfold/helpers/command.html": [
        (
            "if (!$event.metaKey && !$event.ctrlKey) selectItem(",
            "!$event.metaKey && !$event.ctrlKey && selectItem(",
        )
    ],
    "admin/actions.html": [
        ("\"'width: ' + changeListWidth + 'px'\"", "\"{width: changeListWidth + 'px'}\"")
    ],
    "admin/change_list.html": [("<style>", '<style nonce="{{ request.csp_nonce }}">')],
}


def policy(response: object) -> dict[str, list[str]]:
    headers: dict[str, str] = response.headers  # type: ignore[attr-defined]
    assert "Content-Security-Policy-Report-Only" not in headers
    header = headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize("path", PAGES)
def test_pages_allow_no_inline_script_and_no_eval(client: Client, path: str) -> None:
    """Without `script-src`, any injected markup could run a script."""
    allowed = policy(client.get(path))
    assert allowed["script-src"] == ["'self'"]
    assert "unsafe" not in str(allowed)
    for name in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        assert allowed[name] == ["'none'"], name
    assert allowed["form-action"] == ["'self'"]


def test_each_response_has_its_own_nonce(client: Client) -> None:
    first, second = (policy(client.get("/admin/login/"))["style-src"] for _ in range(2))
    assert first != second
    assert all(
        re.fullmatch(r"'nonce-[A-Za-z0-9+/]{22}=='", sources[-1]) for sources in (first, second)
    )


@pytest.mark.parametrize("path", ["/api/events/", "/api/nowhere/", "/api/categories/", "/nowhere/"])
def test_api_responses_allow_no_content(as_ada: Api, path: str) -> None:
    allowed = policy(as_ada.client.get(path))
    names = ("default-src", "base-uri", "form-action", "frame-ancestors")
    assert allowed == {name: ["'none'"] for name in names}


def test_admin_allows_pictures_of_the_object_store(client: Client) -> None:
    with override_settings(BASE_URL="https://api.example.com"):
        shown = policy(client.get("/admin/login/"))["img-src"]
    assert shown == ["'self'", "data:", "https://api.example.com"]


def test_unsubscribe_page_runs_no_script(client: Client) -> None:
    allowed = policy(client.get("/api/notifications/unsubscribe/x/"))
    assert (allowed["script-src"], allowed["form-action"]) == (["'none'"], ["'self'"])


@pytest.mark.parametrize("path", [*PAGES, "/api/events/"])
def test_other_headers_are_strict(as_ada: Api, path: str) -> None:
    check_other_headers(as_ada.client.get(path))


def test_error_responses_have_the_same_headers(client: Client) -> None:
    """Problems that replaced Django's error pages had none of these headers."""
    too_large = {"content_type": "application/json", "CONTENT_LENGTH": str(10**8)}
    for response, status in (
        (client.get("/api/nowhere/"), 404),
        (client.get("/api/events/", headers={"host": "evil.example"}), 400),
        (client.post("/api/login/", headers={"transfer-encoding": "chunked"}), 411),
        (client.post("/api/login/", "{}", **too_large), 413),  # type: ignore[arg-type]
    ):
        assert response.status_code == status
        check_other_headers(response)


def check_other_headers(response: Any) -> None:
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "expect"),
    [
        ("post", "/api/login/", 400),
        ("post", "/api/token/refresh/", 400),
        ("get", "/api/users/profile/", 200),
        ("get", "/api/events/", 200),
        ("get", "/api/rsvps/", 200),
        ("get", "/api/nowhere/", 404),
    ],
)
def test_api_responses_are_not_cached(as_ada: Api, method: str, path: str, expect: int) -> None:
    """Without `Cache-Control`, browsers and proxies could keep tokens and profiles."""
    response = getattr(as_ada.client, method)(path)
    assert (response.status_code, response.headers["Cache-Control"]) == (expect, "no-store")


def test_admin_pages_are_not_cached(client: Client, alma: User) -> None:
    client.force_login(alma)
    for path in ("/admin/", "/admin/accounts/user/", "/admin/jsi18n/"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path


def test_templates_differ_from_django_unfold_in_these_lines_only() -> None:
    """Fail if an update of django-unfold changes one of the copied templates."""
    originals = Path(unfold.__file__).parent / "templates"
    copies = settings.BASE_DIR / "core" / "templates"
    for name, changes in CHANGES.items():
        template = (originals / name).read_text()
        for old, new in changes:
            assert template.count(old) == 1, (name, old)
            template = template.replace(old, new)
        assert (copies / name).read_text() == template, name
