"""Every page and action of the admin, for staff with every kind of permission on its model.

Before, half of the actions checked no permission: staff that could only view
RSVPs, events or series could cancel and delete them.
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

pytestmark = pytest.mark.embedded  # permissions do not depend on servers

Send = Callable[[Client], Any]
_KINDS = ("changelist", "add", "change", "delete", "history")


def page_cases(pages: list[Page]) -> list[Any]:
    return [pytest.param(page, id=page.model) for page in pages]


def cases_of(attribute: str) -> list[Any]:
    """Return all pages with all of their `actions`, or of their `more` pages."""
    return [
        pytest.param(page, name, may, id=f"{page.model} {name}")
        for page in PAGES
        for name, may in getattr(page, attribute).items()
    ]


def model_admin(page: Page) -> Any:
    return admin.site._registry[apps.get_model(page.model)]


class TestTable:
    """New pages, actions and views of the admin need a row in `table/admin.py`."""

    def test_every_model_of_the_admin_has_a_page(self) -> None:
        assert {page.model for page in PAGES} == {
            model._meta.label for model in admin.site._registry
        }

    @pytest.mark.parametrize("page", page_cases(PAGES))
    def test_every_action_and_view_has_a_row(self, page: Page, scenario: Scenario) -> None:
        request = RequestFactory().get("/")
        request.user = scenario.alma
        shown = model_admin(page)
        assert set(shown.get_actions(request)) == set(page.actions)
        prefix = f"{shown.opts.app_label}_{shown.opts.model_name}_"
        usual = {f"{prefix}{kind}" for kind in _KINDS}
        assert {url.name for url in shown.get_urls() if url.name} - usual == set(page.more)

    def test_every_action_needs_a_permission(self) -> None:
        for shown in admin.site._registry.values():
            for name in shown.actions or ():
                action = getattr(shown, str(name))
                assert getattr(action, "allowed_permissions", []), f"{shown}: {name}"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request. `has_message`: the action reported a success or a refusal."""

    status: int
    changed: bool
    has_message: bool


def person_of(scenario: Scenario, options: Any, role: str) -> User:
    if role == SUPERUSER:
        return scenario.alma
    if role == "attendee":
        return scenario.ada
    staff = UserFactory.create(is_staff=True)
    names = [f"{verb}_{options.model_name}" for verb in PERMISSIONS[role]]
    rights = Permission.objects.filter(
        codename__in=names, content_type__app_label=options.app_label
    )
    staff.user_permissions.set(rights)
    return staff


@pytest.fixture(scope="module", autouse=True)
def _logged_in(_scenario: Scenario, django_db_blocker: Any) -> None:
    """Log in once per role and model. Logins took a third of the time of these tests."""
    _scenario.rows.cookies = {}
    with django_db_blocker.unblock():
        for page, role in product(PAGES, ROLES):
            client = Client()
            if role != VISITOR:
                client.force_login(person_of(_scenario, model_admin(page).opts, role))
            _scenario.rows.cookies[page.model, role] = client.cookies


class StaffSession:
    """Requests of staff with the permissions of a role on one model."""

    def __init__(self, scenario: Scenario, page: Page) -> None:
        self.scenario, self.page = scenario, page
        self.options = model_admin(page).opts
        self.row = getattr(scenario, page.row)

    def statuses(self, send: Send) -> dict[str, int]:
        """Return the statuses of a request that changes nothing."""
        return {role: self.outcome(role, send, is_write=False).status for role in ROLES}

    def outcome(self, role: str, send: Send, *, is_write: bool = True) -> Outcome:
        """Return the outcome for the role, and undo its changes."""
        with transaction.atomic():
            client = self.browser(role)
            before = contents() if is_write else None
            response: Any = send(client)
            if response.streaming:
                list(response.streaming_content)
            changed = is_write and contents() != before
            transaction.set_rollback(True)
        assert not (changed and response.status_code >= 400), (
            f"{role} was refused, but rows changed"
        )
        messages = {str(message) for message in get_messages(response.wsgi_request)}
        return Outcome(response.status_code, changed, bool(messages - {"No action selected."}))

    def outcomes(self, send: Send) -> dict[str, Outcome]:
        return {role: self.outcome(role, send) for role in ROLES}

    def browser(self, role: str) -> Client:
        client = Client()
        client.cookies.update(self.scenario.cookies[self.page.model, role])
        return client

    def path(self, kind: str) -> str:
        name = f"admin:{self.options.app_label}_{self.options.model_name}_{kind}"
        return reverse(name, args=[] if kind in ("changelist", "add") else [self.row.pk])

    def get(self, kind: str) -> Send:
        return lambda client: client.get(self.path(kind))

    def save(self, client: Client) -> Any:
        """Post the form with the fields of the inlines that the page shows."""
        page = client.get(self.path("change")).content.decode()
        hidden = dict(re.findall(r'name="([\w-]+_FORMS)" value="(\d+)"', page))
        for name in hidden:
            hidden[name] = "0" if name.endswith(("TOTAL_FORMS", "INITIAL_FORMS")) else hidden[name]
        return client.post(self.path("change"), hidden | dict(self.page.form or {}))

    def more(self, name: str) -> str:
        """Return the path of a further page, of a row or of none."""
        path = self.page.more_at.get(name, "")
        args = [getattr(self.scenario, path).pk] if path else []
        return reverse(f"admin:{name}", args=args)

    def delete(self, client: Client) -> Any:
        return client.post(self.path("delete"), {"post": "yes"})

    def act(self, name: str) -> Send:
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


@pytest.mark.parametrize("page", page_cases(PAGES))
class TestPages:
    @pytest.mark.parametrize("kind", ["changelist", "change", "history"])
    def test_reading_needs_view_permission(self, scenario: Scenario, page: Page, kind: str) -> None:
        session = StaffSession(scenario, page)
        assert session.statuses(session.get(kind)) == expected(READERS)

    def test_adding_needs_add_permission(self, scenario: Scenario, page: Page) -> None:
        session = StaffSession(scenario, page)
        assert session.statuses(session.get("add")) == expected(page.adds)

    def test_saving_needs_change_permission(self, scenario: Scenario, page: Page) -> None:
        session = StaffSession(scenario, page)
        outcomes = session.outcomes(session.save)
        assert statuses(outcomes) == expected(page.saves, 302)
        assert {role for role in ROLES if outcomes[role].changed} == page.saves

    def test_deleting_needs_delete_permission(self, scenario: Scenario, page: Page) -> None:
        session = StaffSession(scenario, page)
        outcomes = session.outcomes(session.delete)
        assert statuses(outcomes) == expected(page.deletes, 302)
        assert {role for role in ROLES if outcomes[role].changed} == page.deletes


@pytest.mark.parametrize(("page", "name", "may"), cases_of("actions"))
def test_action_needs_its_permission(
    scenario: Scenario, page: Page, name: str, may: set[str]
) -> None:
    session = StaffSession(scenario, page)
    outcomes = session.outcomes(session.act(name))
    assert {role for role in ROLES if outcomes[role].has_message} == may
    assert {role for role in ROLES if outcomes[role].changed} <= may
    refused = [role for role in ROLES if role not in READERS | set(OUTSIDE)]
    assert {outcomes[role].status for role in refused} == {403}


@pytest.mark.parametrize(("page", "name", "may"), cases_of("more"))
def test_further_page_needs_its_permission(
    scenario: Scenario, page: Page, name: str, may: set[str]
) -> None:
    session = StaffSession(scenario, page)
    path = session.more(name)
    success = page.more_status.get(name, 200)
    assert session.statuses(lambda client: client.get(path)) == expected(may, success)


def test_inline_rows_need_their_own_permission(scenario: Scenario) -> None:
    """Helpers are edited on the page of the event, but have their own model."""
    page = next(page for page in PAGES if page.model == "events.Event")
    session = StaffSession(scenario, page)
    form = dict(page.form or {}) | {
        "helpers-TOTAL_FORMS": "1",
        "helpers-INITIAL_FORMS": "0",
        "helpers-0-user": str(scenario.sam.pk),
        "helpers-0-event": str(scenario.upcoming.pk),
    }
    with transaction.atomic():
        response: Any = session.browser(FULL).post(session.path("change"), form)
        assert response.status_code == 302
        assert not Helper.objects.filter(user=scenario.sam).exists()
        transaction.set_rollback(True)


def statuses(outcomes: dict[str, Outcome]) -> dict[str, int]:
    return {role: outcome.status for role, outcome in outcomes.items()}
