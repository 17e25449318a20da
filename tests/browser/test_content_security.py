"""Pages work in a real browser, and follow their Content-Security-Policy.

The `enter` fixture fails a test whose pages violate it.
"""

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import User
from events.models import Event
from notifications.unsubscribe import token_for
from rsvp.services import join_event
from tests.browser.pages import Admin, Enter
from tests.client import access_token
from tests.factories import EventFactory
from tests.notifications.kinds import Kind

# One browser.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("browser")]

EVENTS = "events/event/"


@pytest.fixture
def event(alma: User, ada: User) -> Event:
    event = EventFactory.create(created_by=alma)
    join_event(event_id=event.pk, attendee=ada)
    return event


def is_visible(page: Admin, selector: str) -> bool:
    shown: bool = page.run(f"document.querySelector({selector!r}).checkVisibility()")
    return shown


def test_lists_and_empty_forms_of_the_admin_follow_their_policy(
    enter: Enter, alma: User, event: Event
) -> None:
    request = RequestFactory().get("/")
    request.user = alma
    page = enter(alma)
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if model_admin.has_module_permission(request):
            page.open_beside(reverse(f"{name}_changelist"))
            if model_admin.has_add_permission(request):
                page.open_beside(reverse(f"{name}_add"))
        assert page.complaints == [], name


def test_filled_forms_of_the_admin_follow_their_policy(
    enter: Enter, alma: User, event: Event
) -> None:
    rsvp = event.rsvps.get()
    page = enter(alma)
    for path in (
        f"{EVENTS}{event.pk}/change/",
        f"{EVENTS}{event.pk}/history/",
        f"accounts/user/{alma.pk}/change/",
        f"accounts/user/{alma.pk}/password/",
        f"rsvp/rsvp/{rsvp.pk}/change/",
        "password_change/",
    ):
        page.open(path)
        assert page.complaints == [], path


def test_login_form_follows_its_policy(enter: Enter, alma: User) -> None:
    enter(alma).log_in_again(alma)


def test_theme_is_remembered(enter: Enter, alma: User) -> None:
    page = enter(alma)
    page.click("[x-on\\:click='openUserLinks = !openUserLinks']")
    page.click("[x-on\\:click=\"switchTheme('dark')\"]")
    page.wait_for("html.dark")
    page.open(EVENTS)
    page.wait_for("html.dark")


def test_closed_sidebar_stays_closed(enter: Enter, alma: User) -> None:
    page = enter(alma)
    page.click("[x-on\\:click='sidebarDesktopOpen = !sidebarDesktopOpen']")
    page.wait_for("#nav-sidebar.xl\\:hidden\\!", state="hidden")
    page.open(EVENTS)
    page.wait_for("#nav-sidebar", state="hidden")


def test_search_of_the_sidebar_opens_and_closes(enter: Enter, alma: User) -> None:
    page = enter(alma)
    page.type("#nav-filter", "Event")
    page.wait_for("#search-results a")
    page.press("#nav-filter", "Escape")
    page.wait_for("#search-results", state="hidden")
    assert page.run("document.querySelector('#nav-filter').value") == ""


def test_filters_and_actions_of_a_list_work(enter: Enter, alma: User, event: Event) -> None:
    page = enter(alma, 1024)
    page.open(EVENTS)
    page.click("[x-on\\:click='filterOpen = true']")
    page.wait_for("#changelist-filter")
    page.click("#changelist-filter-close")
    page.wait_for("#changelist-filter", state="hidden")
    assert not is_visible(page, "#changelist-actions button[type=submit]")
    page.click(f"input[name=_selected_action][value='{event.pk}']")
    page.select("select[name=action]", "delete_softly")
    page.click("#changelist-actions button[type=submit]")
    page.wait_for("text=1 event")
    event.refresh_from_db()
    assert event.deleted_at is not None


def test_form_opens_its_calendar_and_saves(enter: Enter, alma: User, event: Event) -> None:
    page = enter(alma)
    page.open(f"{EVENTS}{event.pk}/change/")
    page.click(".field-start_time .datetimeshortcuts a:has(.date-icon)")
    page.wait_for(".calendarbox")
    page.click(".calendarbox .calendar-cancel a")
    page.fill("[name=title]", "Renamed")
    page.click("[name=_save]")
    page.wait_for("text=Renamed")
    event.refresh_from_db()
    assert event.title == "Renamed"


def test_script_and_style_of_an_attacker_are_blocked(enter: Enter, alma: User) -> None:
    """The control: unescaped text of an attacker would not run either."""
    page = enter(alma)
    page.run(
        """document.body.insertAdjacentHTML("beforeend",
            "<img src='data:,' onerror='document.title = 1'><p id=p style='color: red'>")"""
    )
    page.run(
        "document.body.append(Object.assign(document.createElement('script'), "
        "{textContent: 'document.title = 2'}))"
    )
    page.wait_for_complaint("script-src-attr forbids inline")
    page.wait_for_complaint("script-src-elem forbids inline")
    page.wait_for_complaint("style-src-attr forbids inline")
    assert page.run("document.title") not in ("1", "2")
    page.complaints.clear()


def test_swagger_does_not_store_the_token(enter: Enter, alma: User) -> None:
    """With `PERSIST_AUTH` it stayed in localStorage, for every script of the origin to read."""
    page = enter(alma)
    page.open_beside("/swagger/")
    page.wait_for(".opblock-tag")
    page.run(f"ui.preauthorizeApiKey('Bearer', 'Bearer {access_token(alma)}')")
    page.wait_for(".authorize.locked, .btn.authorize .locked")
    assert "Bearer" not in page.run("JSON.stringify([localStorage, sessionStorage])")


def test_swagger_can_try_an_operation(enter: Enter, alma: User) -> None:
    page = enter(alma)
    page.open_beside("/swagger/")
    operation = ".opblock-get:has([data-path='/users/profile/'])"
    page.click("#operations-tag-accounts")
    page.wait_for(operation)
    page.run(f"ui.preauthorizeApiKey('Bearer', 'Bearer {access_token(alma)}')")
    page.click(f"{operation} .opblock-summary")
    page.click(f"{operation} .try-out__btn")
    page.click(f"{operation} .execute")
    page.wait_for(f"{operation} .live-responses-table .response-col_status:text('200')")


def test_redoc_shows_and_finds_operations(enter: Enter, alma: User) -> None:
    page = enter(alma)
    page.open_beside("/redoc/")
    page.wait_for("h1:has-text('Event Booking & Attendance API')")
    page.type("input[placeholder='Search...']", "recovery")
    page.wait_for("[data-role='search:results'] [role=menuitem]")
    # The policy blocks the vendor's logo: its server would learn who reads this page.
    page.complaints[:] = [
        complaint
        for complaint in page.complaints
        if "cdn.redoc.ly" not in complaint and "Converting OpenAPI 2.0" not in complaint
    ]


def test_unsubscribe_page_has_a_styled_button_that_works(enter: Enter, alma: User) -> None:
    page = enter(alma)
    page.open_beside(
        f"/api/notifications/unsubscribe/{token_for(user_id=alma.pk, kind=Kind.REMINDER)}/"
    )
    colour = "getComputedStyle(document.querySelector('button')).backgroundColor"
    assert page.run(colour) == "rgb(109, 40, 217)"
    page.click("button")
    page.wait_for("h1:text-is('You are unsubscribed')")
