"""The admin's lists in a real browser, at a desk and on a phone: nothing scrolls sideways."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from events.models import Event
from external_events.models import Duplicate, Import, Run, Subscription
from notifications.models import Delivery, Notification
from notifications.services import add_device
from reviews.models import Review
from rsvp.check_in import admit_walk_in
from rsvp.services import join_event
from tests.browser.pages import DESKTOP, Admin, Enter
from tests.factories import CategoryFactory, EventFactory, TagFactory, UserFactory
from tests.reviews.past import past_event, review

# One browser.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("browser")]

PHONE = 390
PHONE_HEIGHT = 844
LONG = "A very long title of an evening with trios, quartets, and a skyline over the roofs"
# The page, its table, which has its own scroll bar, and cells that are cut off.
SIDEWAYS = """[document.documentElement, ...document.querySelectorAll("#changelist *")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .filter((element) => element === document.documentElement ||
        ["TD", "TH"].includes(element.tagName) ||
        ["auto", "scroll"].includes(getComputedStyle(element).overflowX))
    .map((element) => `${element.tagName} ${element.id} ${element.className}: ` +
        `${element.scrollWidth} > ${element.clientWidth}`)"""
ROWS = "#result_list tbody tr"


@pytest.fixture
def world(alma: User, olive: User, ada: User) -> Event:
    """Create rows with long words for every list."""
    bea = UserFactory.create(username="b" * 50, email=f"{'b' * 50}@{'example-' * 5}museum.org")
    category = CategoryFactory.create(name="Music, theatre and all the other arts of the stage")
    TagFactory.create()
    event = EventFactory.create(
        created_by=olive,
        title=LONG,
        category=category,
        timezone="America/Argentina/ComodRivadavia",
        start_time=timezone.now().replace(microsecond=0) + timedelta(hours=1),
        max_attendees=12_000,
    )
    EventFactory.create(created_by=olive, title=LONG, recurrence_pattern="FREQ=WEEKLY;COUNT=3")
    for person in (ada, bea):
        join_event(event_id=event.pk, attendee=person, guests=2)
    admit_walk_in(event_id=event.pk, attendee=alma, by=olive)
    over = past_event(bea)
    review(over, bea, 4, f"{LONG}. {LONG}.")
    add_device(user_id=bea.pk, token="t" * 160, platform="android")
    notification = Notification.objects.filter(user=bea).earliest("pk")
    Delivery.objects.create(
        notification=notification, channel="email", address=bea.email, due_at=timezone.now(),
        attempts=3, error=f"SMTPRecipientsRefused: {LONG}",
    )  # fmt: skip
    subscription = Subscription.objects.create(
        provider="ticketmaster", query=LONG, organizer=olive, next_run_at=timezone.now()
    )
    Run.objects.create(subscription=subscription, seen=120, total=400, created=30, updated=50)
    Event.objects.filter(pk=event.pk).update(
        external_provider="ticketmaster",
        external_event_id="G1",
        external_url="https://tickets.example.com/G1",
        external_status="rescheduled",
    )
    now = timezone.now()
    Import.objects.create(event=event, seen_at=now, next_look_at=now)
    Duplicate.objects.create(event=over, other=event, likeness=90)
    return event


def lists_of(user: User) -> list[str]:
    request = RequestFactory().get("/")
    request.user = user
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_module_permission(request)
    ]


def sideways_lists(page: Admin, user: User) -> dict[str, list[str]]:
    found = {}
    for path in lists_of(user):
        page.open_beside(path)
        if sideways := page.run(SIDEWAYS):
            found[path] = sideways
    return found


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_lists_do_not_scroll_sideways(enter: Enter, alma: User, world: Event, width: int) -> None:
    assert sideways_lists(enter(alma, width), alma) == {}


@pytest.mark.parametrize("model", [Event, Review, User, Delivery, Import])
def test_several_rows_fit_on_a_phone(
    enter: Enter, alma: User, world: Event, model: type[Event]
) -> None:
    page = enter(alma, PHONE)
    page.open_beside(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    heights = page.run(f"[...document.querySelectorAll('{ROWS}')].map((row) => row.offsetHeight)")
    assert heights
    assert max(heights) < PHONE_HEIGHT / 2


def test_no_list_has_more_than_four_columns() -> None:
    wide = {
        str(model): model_admin.list_display
        for model, model_admin in admin.site._registry.items()
        if len(model_admin.list_display) > 4
    }
    assert wide == {}


def test_control_finds_a_list_that_scrolls(enter: Enter, alma: User, world: Event) -> None:
    """The control: a list that scrolls is reported."""
    page = enter(alma, PHONE)
    page.open("events/event/")
    page.run(f"document.querySelector('{ROWS} td:last-child').style.whiteSpace = 'nowrap'")
    page.run(f"document.querySelector('{ROWS} td:last-child').append('x '.repeat(500))")
    assert page.run(SIDEWAYS)
