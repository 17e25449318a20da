"""Every link on every page of the admin opens a page."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from accounts.models import User
from tests.authorization.pages import Page
from tests.authorization.scenario import Scenario
from tests.authorization.table.admin import PAGES
from tests.factories import UserFactory

pytestmark = pytest.mark.embedded

_FORMS_ONLY = {"/admin/logout/"}  # accepts only POST
# Most pages share their links, so every link is opened once.
_opened: set[str] = set()


def viewer(model: str) -> User:
    """Create staff with the permission to view one model, or all if it is empty."""
    person = UserFactory.create(is_staff=True)
    rights = Permission.objects.filter(codename__startswith="view_")
    if model:
        app, name = model.lower().split(".")
        rights = rights.filter(content_type__app_label=app, codename=f"view_{name}")
    person.user_permissions.set(rights)
    return person


def links_of(client: Client, path: str) -> list[str]:
    """Return the links on a page, without fragments; none if access is refused."""
    response = client.get(path)
    assert response.status_code in (200, 302, 403), path
    if response.status_code != 200 or response.streaming:
        return []
    hrefs = re.findall(r"""<a\b[^>]*?\bhref=["']([^"']*)["']""", response.content.decode())
    return [urljoin(path, unescape(href).partition("#")[0]) for href in hrefs if href]


def wrong_links(client: Client, path: str, *, opens: bool) -> list[str]:
    """Return links that contain no value, or that no page of this server has."""
    return [link for link in dict.fromkeys(links_of(client, path)) if is_wrong(client, link, opens)]


def is_wrong(client: Client, link: str, opens: bool) -> bool:
    parts = urlsplit(link)
    if re.search(r"\b(None|null|undefined)\b", link):
        return True
    if parts.scheme or parts.path in _FORMS_ONLY:
        return False
    try:
        resolve(parts.path)
    except Resolver404:
        return True
    if opens and link not in _opened:
        _opened.add(link)
        return client.get(link).status_code not in (200, 302)
    return False


def paths_of(page: Page, scenario: Scenario) -> list[str]:
    """Return the paths of a model's list, its form for a new row, and the pages of one row."""
    prefix = f"admin:{page.model.lower().replace('.', '_')}"
    row = [getattr(scenario, page.row).pk]
    return [
        reverse(f"{prefix}_changelist"),
        reverse(f"{prefix}_add"),
        *(reverse(f"{prefix}_{kind}", args=row) for kind in ("change", "history", "delete")),
    ]


@pytest.mark.parametrize("who", ["superuser", "viewer of all", "viewer of this model"])
@pytest.mark.parametrize("page", [pytest.param(page, id=page.model) for page in PAGES])
def test_all_links_open(scenario: Scenario, page: Page, who: str) -> None:
    if who == "superuser":
        person = scenario.alma
    else:
        person = viewer("" if who == "viewer of all" else page.model)
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    found = {
        path: wrong
        for path in paths_of(page, scenario)
        if (wrong := wrong_links(client, path, opens=person.is_superuser))
    }
    assert found == {}


def test_form_of_a_new_event_does_not_mention_imports(scenario: Scenario) -> None:
    client = Client()
    client.force_login(scenario.alma, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:events_event_add")).content.decode()
    assert "remembered of the import" not in page
    assert 'name="title"' in page
