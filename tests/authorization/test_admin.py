"""Every page and action of the admin × staff with each kind of permission on its model.

Staff with only the permission to view RSVPs, events or series could cancel and
delete them: half of the actions required no permission.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from events.models import Helper
from tests.authorization.pages import (
    FULL,
    OUTSIDE,
    PERMISSIONS,
    READERS,
    ROLES,
    SUPERUSER,
    VISITOR,
    Page,
)
from tests.authorization.scenario import Scenario, contents
from tests.authorization.table.admin import PAGES
from tests.factories import UserFactory

pytestmark = pytest.mark.embedded  # rights are the same with any server of ours

Request = Callable[[Client], Any]
_KINDS = ("changelist", "add", "change", "delete", "history")


def ids(pages: list[Page]) -> list[Any]:
    return [pytest.param(page, id=page.model) for page in pages]


def cases(attribute: str) -> list[Any]:
    """Return a case for each action (or other page) of each page."""
    return [
        pytest.param(page, name, may, id=f"{page.model} {name}")
        for page in PAGES
        for name, may in getattr(page, attribute).items()
    ]


def model_admin(page: Page) -> Any:
    return admin.site._registry[apps.get_model(page.model)]


class TestTable:
    """Every page, action and view of the admin is in `table/admin.py`."""

    def test_table_has_every_model(self) -> None:
        assert {page.model for page in PAGES} == {
            model._meta.label for model in admin.site._registry
        }

    @pytest.mark.parametrize("page", ids(PAGES))
    def test_table_has_every_action_and_view(self, page: Page, scenario: Scenario) -> None:
        request = RequestFactory().get("/")
        request.user = scenario.alma
        registered = model_admin(page)
        assert set(registered.get_actions(request)) == set(page.actions)
        prefix = f"{registered.opts.app_label}_{registered.opts.model_name}_"
        usual = {f"{prefix}{kind}" for kind in _KINDS}
        assert {url.name for url in registered.get_urls() if url.name} - usual == set(page.more)

    def test_actions_require_a_permission(self) -> None:
        for registered in admin.site._registry.values():
            for name in registered.actions or ():
                action = getattr(registered, str(name))
                assert getattr(action, "allowed_permissions", []), f"{registered}: {name}"


@dataclass(frozen=True)
class Outcome:
    """The result of a request; `has_message` if the action reported success or failure."""

    status: int
    changed: bool
    has_message: bool


def person_of(world: World, options: Any, role: str) -> User:
    if role == SUPERUSER:
        return world.alma
    if role == "attendee":
        return world.ada
    staff = UserFactory.create(is_staff=True)
    names = [f"{verb}_{options.model_name}" for verb in PERMISSIONS[role]]
    rights = Permission.objects.filter(
        codename__in=names, content_type__app_label=options.app_label
    )
    staff.user_permissions.set(rights)
    return staff


@pytest.fixture(scope="module", autouse=True)
def _logged_in(_made: World, django_db_blocker: Any) -> None:
    """Log in each role for each model once: logins took a third of the time of these tests."""
    _made.rows.cookies = {}
    with django_db_blocker.unblock():
        for page, role in product(PAGES, ROLES):
            client = Client()
            if role != VISITOR:
                client.force_login(person_of(_made, model_admin(page).opts, role))
            _made.rows.cookies[page.model, role] = client.cookies


class Desk:
    """Staff with the rights of one role over one model, at the browser."""

    def __init__(self, scenario: Scenario, page: Page) -> None:
        self.scenario, self.page = scenario, page
        self.options = model_admin(page).opts
        self.row = getattr(scenario, page.row)

    def statuses(self, request: Request) -> dict[str, int]:
        """Return the status by role of a page that is only read."""
        return {role: self.send(role, request, is_write=False).status for role in ROLES}

    def answer(self, role: str, ask: Ask, *, is_write: bool = True) -> Answer:
        """Return the response to the role, and undo its changes."""
        with transaction.atomic():
            client = self.browser(role)
            before = contents() if is_write else None
            response: Any = request(client)
            if response.streaming:
                list(response.streaming_content)
            changed = is_write and contents() != before
            transaction.set_rollback(True)
        assert not (changed and response.status_code >= 400), (
            f"{role} was refused, and changed rows"
        )
        messages = {str(message) for message in get_messages(response.wsgi_request)}
        return Outcome(response.status_code, changed, bool(messages - {"No action selected."}))

    def outcomes(self, request: Request) -> dict[str, Outcome]:
        """Return the outcome by role of a request that may write."""
        return {role: self.send(role, request) for role in ROLES}

    def browser(self, role: str) -> Client:
        client = Client()
        client.cookies.update(self.world.cookies[self.page.model, role])
        return client

    def path(self, kind: str) -> str:
        name = f"admin:{self.options.app_label}_{self.options.model_name}_{kind}"
        return reverse(name, args=[] if kind in ("changelist", "add") else [self.row.pk])

    def get(self, kind: str) -> Request:
        return lambda client: client.get(self.path(kind))

    def save(self, client: Client) -> Any:
        """Save the form, with the inlines that the page shows to this person."""
        page = client.get(self.path("change")).content.decode()
        hidden = dict(re.findall(r'name="([\w-]+_FORMS)" value="(\d+)"', page))
        for name in hidden:
            hidden[name] = "0" if name.endswith(("TOTAL_FORMS", "INITIAL_FORMS")) else hidden[name]
        return client.post(self.path("change"), hidden | dict(self.page.form or {}))

    def other_path(self, name: str) -> str:
        """Return the path of another page, with a row if it needs one."""
        path = self.page.more_at.get(name, "")
        args = [getattr(self.scenario, path).pk] if path else []
        return reverse(f"admin:{name}", args=args)

    def delete(self, client: Client) -> Any:
        return client.post(self.path("delete"), {"post": "yes"})

    def act(self, name: str) -> Request:
        rows = self.page.with_rows.items()
        body = {
            "action": name,
            "_selected_action": [self.row.pk],
            **self.page.with_action,
            **{field: getattr(self.scenario, row).pk for field, row in rows},
        }
        return lambda client: client.post(self.path("changelist"), body)


def expected(may: Any, success: int = 200, refusal: int = 403) -> dict[str, int]:
    inside = {role: success if role in may else refusal for role in ROLES}
    return inside | dict.fromkeys(OUTSIDE, 302)


@pytest.mark.parametrize("page", ids(PAGES))
class TestPages:
    @pytest.mark.parametrize("kind", ["changelist", "change", "history"])
    def test_page_opens(self, scenario: Scenario, page: Page, kind: str) -> None:
        client = PageClient(scenario, page)
        assert client.statuses(client.get(kind)) == expected(READERS)

    def test_add_page_opens(self, scenario: Scenario, page: Page) -> None:
        client = PageClient(scenario, page)
        assert client.statuses(client.get("add")) == expected(page.adds)

    def test_form_is_saved(self, scenario: Scenario, page: Page) -> None:
        client = PageClient(scenario, page)
        outcomes = client.outcomes(client.save)
        assert statuses(outcomes) == expected(page.saves, 302)
        assert {role for role in ROLES if outcomes[role].changed} == page.saves

    def test_row_is_deleted(self, scenario: Scenario, page: Page) -> None:
        client = PageClient(scenario, page)
        outcomes = client.outcomes(client.delete)
        assert statuses(outcomes) == expected(page.deletes, 302)
        assert {role for role in ROLES if outcomes[role].changed} == page.deletes


@pytest.mark.parametrize(("page", "name", "may"), cases("actions"))
def test_action_runs(scenario: Scenario, page: Page, name: str, may: set[str]) -> None:
    client = PageClient(scenario, page)
    outcomes = client.outcomes(client.act(name))
    assert {role for role in ROLES if outcomes[role].has_message} == may
    assert {role for role in ROLES if outcomes[role].changed} <= may
    refused = [role for role in ROLES if role not in READERS | set(OUTSIDE)]
    assert {outcomes[role].status for role in refused} == {403}


@pytest.mark.parametrize(("page", "name", "may"), cases("more"))
def test_other_page_opens(scenario: Scenario, page: Page, name: str, may: set[str]) -> None:
    client = PageClient(scenario, page)
    path = client.other_path(name)
    success = page.more_status.get(name, 200)
    assert client.statuses(lambda client: client.get(path)) == expected(may, success)


def test_inline_rows_need_their_own_permission(scenario: Scenario) -> None:
    """Helpers are a model of their own, shown on the page of the event."""
    page = next(page for page in PAGES if page.model == "events.Event")
    client = PageClient(scenario, page)
    form = dict(page.form or {}) | {
        "helpers-TOTAL_FORMS": "1",
        "helpers-INITIAL_FORMS": "0",
        "helpers-0-user": str(scenario.sam.pk),
        "helpers-0-event": str(scenario.upcoming.pk),
    }
    with transaction.atomic():
        response: Any = desk.browser(FULL).post(desk.path("change"), form)
        assert response.status_code == 302
        assert not Helper.objects.filter(user=scenario.sam).exists()
        transaction.set_rollback(True)


def statuses(outcomes: dict[str, Outcome]) -> dict[str, int]:
    return {role: outcome.status for role, outcome in outcomes.items()}
