"""Pages of the admin that belong to no model, such as the dashboards."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, reverse

from accounts.models import User
from tests.authorization import roles
from tests.authorization.scenario import Scenario, contents
from tests.client import committed

pytestmark = pytest.mark.embedded  # permissions do not depend on servers

_PEOPLE = [
    roles.NOBODY, roles.STRANGER, roles.STAFF, roles.HELPER, roles.EX_HELPER, roles.OTHER,
    roles.OWNER, roles.VIEWER, roles.SUPERUSER,
]  # fmt: skip
_OUTSIDE = {roles.NOBODY, roles.STRANGER}
_ALL_STAFF = set(_PEOPLE) - _OUTSIDE
_SEE_NUMBERS = {roles.OWNER, roles.VIEWER, roles.SUPERUSER}
_USERS = "?app_label=events&model_name=helper&field_name=user"

# Name of the URL: (arguments, query, who may, status of all other staff).
SITE: dict[str, tuple[list[str], str, set[str], int]] = {
    "index": ([], "", _ALL_STAFF, 0),
    "password_change": ([], "", _ALL_STAFF, 0),
    "password_change_done": ([], "", _ALL_STAFF, 0),
    "jsi18n": ([], "", _ALL_STAFF, 0),
    "search": ([], "?s=event", _ALL_STAFF, 0),
    "autocomplete": ([], _USERS, {roles.VIEWER, roles.SUPERUSER}, 403),
    "app_list": (["events"], "", {roles.VIEWER, roles.SUPERUSER}, 404),
    "analytics_events": ([], "", _ALL_STAFF, 0),  # a file of their own events
    "analytics_event": (["event"], "", _SEE_NUMBERS, 404),
    "analytics_attendance": (["event"], "", _SEE_NUMBERS | {roles.HELPER}, 404),
    "analytics_now": (["event"], "", _SEE_NUMBERS | {roles.HELPER}, 404),
    # Accepts only POST (tests/analytics/test_check_in_page.py).
    "analytics_check_in": (["event"], "", set(), 405),
}
# Not for staff alone: login and logout. No model has a page for `view_on_site`.
_LEFT_OUT = {"login", "logout", "view_on_site"}


def test_every_page_of_the_site_has_a_row() -> None:
    urls = [url for url in admin.site.get_urls() if not isinstance(url, URLResolver)]
    assert {url.name for url in urls if url.name} == set(SITE) | _LEFT_OUT


@pytest.mark.parametrize("name", SITE)
def test_page_opens_for_the_expected_roles(scenario: Scenario, name: str) -> None:
    args, query, may, refusal = SITE[name]
    ids = [scenario.event.pk if arg == "event" else arg for arg in args]
    path = reverse(f"admin:{name}", args=ids) + query
    expected = {who: 302 if who in _OUTSIDE else 200 if who in may else refusal for who in _PEOPLE}
    assert {who: status(scenario, who, path) for who in _PEOPLE} == expected


def status(scenario: Scenario, role: str, path: str) -> int:
    """Return the status of a GET, which changes nothing. Helpers and organizers are staff here."""
    with transaction.atomic():
        client = Client()
        if role != roles.NOBODY:
            client.force_login(as_staff(scenario, role))
        before = contents()
        response: Any = client.get(path)
        if response.streaming:
            list(response.streaming_content)
        assert contents() == before
        transaction.set_rollback(True)
    return int(response.status_code)


def as_staff(scenario: Scenario, role: str) -> User:
    person = User.objects.get(pk=scenario.people[role].pk)
    if role not in _OUTSIDE:
        person.is_staff = True
        person.save()
    return person


def test_removed_permission_ends_at_once(scenario: Scenario) -> None:
    """A cached session does not keep removed permissions."""
    viewer = scenario.people[roles.VIEWER]
    api, path = scenario.apis[roles.VIEWER], f"/events/{scenario.event.pk}/attendance/"
    api.get(path)
    viewer.user_permissions.remove(Permission.objects.get(codename="view_rsvp"))
    api.get(path, expect=403)


def test_removed_staff_status_ends_at_once(scenario: Scenario) -> None:
    api, path = scenario.apis[roles.VIEWER], f"/events/{scenario.event.pk}/attendance/"
    api.get(path)
    viewer = User.objects.get(pk=scenario.people[roles.VIEWER].pk)
    viewer.is_staff = False
    with committed():
        viewer.save()
    api.get(path, expect=403)
