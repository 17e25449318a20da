"""Events in the admin go through the same services."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.clock import written
from events.models import Event, Tally
from events.services.events import cancel_event, delete_event
from rsvp.models import Rsvp
from rsvp.services import join_event
from tests.factories import CategoryFactory, EventFactory, TagFactory, begin, end, fill

Page = Callable[..., str]


def form(event: Event | None = None, **changes: Any) -> dict[str, Any]:
    """Return the form that a browser sends from the page of an event."""
    start = timezone.now() + timedelta(days=9)
    values: dict[str, Any] = {
        "title": event.title if event else "From the admin",
        "description": "",
        "status": event.status if event else "published",
        "location": "Town hall",
        "timezone": "UTC",
        "max_attendees": "",
        "refund_policy": "none",
        "refund_until_hours": "0",
        "created_by": event.created_by_id if event else "",
        "rsvps-TOTAL_FORMS": "0",
        "rsvps-INITIAL_FORMS": "0",
    }
    times = {
        "start_time": event.start_time if event else start,
        "end_time": event.end_time if event else start + timedelta(hours=2),
    } | {name: changes.pop(name) for name in ("start_time", "end_time") if name in changes}
    for name, value in times.items():
        values[f"{name}_0"] = f"{value:%Y-%m-%d}"
        values[f"{name}_1"] = f"{value:%H:%M:%S}"
    return values | changes


def change_page(event: Event) -> str:
    return f"/events/event/{event.pk}/change/"


class TestForm:
    def test_add(self, admin_page: Page, alma: User) -> None:
        category, tag = CategoryFactory.create(), TagFactory.create()
        admin_page(
            "/events/event/add/", form(max_attendees="7", category=category.pk, tags=[tag.pk])
        )
        event = Event.objects.get()
        assert (event.created_by, event.category, event.tally.max_attendees) == (alma, category, 7)
        assert list(event.tags.all()) == [tag]

    def test_event_in_the_past_is_refused(self, admin_page: Page) -> None:
        past = timezone.now() - timedelta(days=1)
        page = admin_page("/events/event/add/", form(start_time=past))
        assert "The start is in the past." in page
        assert not Event.objects.exists()

    def test_higher_limit_seats_the_waitlist(self, admin_page: Page, event: Event) -> None:
        fill(event, 3)
        admin_page(change_page(event), form(event, max_attendees="3"))
        tally = Tally.objects.get(pk=event.pk)
        assert (tally.max_attendees, tally.going, tally.waiting) == (3, 3, 0)

    def test_limit_below_the_seats_taken_is_an_error_on_its_field(
        self, admin_page: Page, event: Event
    ) -> None:
        fill(event, 2)
        page = admin_page(change_page(event), form(event, max_attendees="1", title="Typed"))
        assert "2 seats are taken" in page
        assert 'value="Typed"' in page
        assert Tally.objects.get(pk=event.pk).max_attendees == 2

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"status": "draft"}, "become a draft again"),
            ({"title": ""}, "This field is required."),
            ({"title": "a\x07b"}, "Control characters are not allowed."),
            ({"timezone": "Mars"}, "This time zone does not exist."),
            ({"latitude": "1.5"}, "Send both coordinates or neither."),
            ({"max_attendees": "0"}, "greater than or equal to 1"),
            ({"max_attendees": "9" * 30}, "less than or equal to"),
            ({"end_time": timezone.now()}, "The end is not after the start."),
            ({"end_time": datetime.max}, "between the years 1970 and 2200"),
            ({"title": "\u202egnirob"}, "Control characters are not allowed."),
        ],
    )
    def test_invalid_value_is_an_error_on_the_form(
        self, admin_page: Page, event: Event, changes: dict[str, Any], message: str
    ) -> None:
        assert message in admin_page(change_page(event), form(event, **changes))
        event.refresh_from_db()
        assert (event.status, event.timezone) == ("published", "UTC")

    def test_times_are_local_to_the_event(self, admin_page: Page) -> None:
        local = datetime(timezone.now().year + 1, 7, 1, 19, 0)
        times: dict[str, Any] = {"start_time": local, "end_time": local + timedelta(hours=2)}
        admin_page("/events/event/add/", form(**times, timezone="Europe/Berlin"))
        event = Event.objects.get()
        assert event.start_time.astimezone(UTC).hour == 17
        assert 'value="19:00:00"' in admin_page(change_page(event))
        page = admin_page("/events/event/")
        assert f"{local:%a} 1 Jul {local.year}, 19:00</span> Europe/Berlin" in page

        same = form(event, **times, timezone="Europe/Berlin")
        admin_page(change_page(event), same | {"title": "Renamed"})
        event.refresh_from_db()
        assert (event.title, event.start_time.astimezone(UTC).hour) == ("Renamed", 17)

        admin_page(change_page(event), same | {"timezone": "America/New_York"})
        event.refresh_from_db()
        assert event.start_time.astimezone(UTC).hour == 23

    def test_owner_is_read_only(self, admin_page: Page, event: Event, ada: User) -> None:
        for owner in ("", ada.pk):
            admin_page(change_page(event), form(event, created_by=owner))
        event.refresh_from_db()
        assert event.created_by is not None
        assert event.created_by.username == "olive"

    def test_page_lists_rsvps(self, admin_page: Page, event: Event, ada: User) -> None:
        join_event(event_id=event.pk, attendee=ada)
        page = admin_page(change_page(event))
        assert "ada" in page
        assert "1 of 2" in page

    def test_deleted_and_cancelled_events_are_read_only(
        self, admin_page: Page, event: Event, client: Client
    ) -> None:
        delete_event(event_id=event.pk)
        assert event.title in admin_page(change_page(event))
        cancelled = EventFactory.create()
        cancel_event(event_id=cancelled.pk)
        assert client.post(f"/admin{change_page(cancelled)}", form(cancelled)).status_code == 403
        assert client.post(f"/admin{change_page(event)}", form(event)).status_code == 403

    def test_hostile_title_is_escaped(self, admin_page: Page) -> None:
        event = EventFactory.create(title="<img src=x onerror=alert(1)>")
        for page in ("/events/event/", change_page(event)):
            assert "<img src=x" not in admin_page(page)


class TestActions:
    def act(self, page: Page, action: str, *events: Event) -> str:
        return page(
            "/events/event/", {"action": action, "_selected_action": [e.pk for e in events]}
        )

    def test_publish_names_the_refused_events(self, admin_page: Page) -> None:
        draft = EventFactory.create(status=Event.Status.DRAFT)
        cancelled = EventFactory.create(title="Too late")
        cancel_event(event_id=cancelled.pk)
        begin(cancelled)
        page = self.act(admin_page, "publish", draft, cancelled)
        assert "1 published." in page
        assert "Too late: The start of this event has passed." in page
        draft.refresh_from_db()
        assert draft.status == Event.Status.PUBLISHED

    def test_cancel(self, admin_page: Page, event: Event) -> None:
        self.act(admin_page, "cancel", event)
        event.refresh_from_db()
        assert event.status == Event.Status.CANCELLED

    def test_delete_keeps_the_row(self, admin_page: Page, event: Event) -> None:
        self.act(admin_page, "delete_softly", event)
        event.refresh_from_db()
        assert event.deleted_at is not None

    def test_events_have_no_delete_page(self, alma: User, client: Client, event: Event) -> None:
        client.force_login(alma)
        response = client.post(f"/admin/events/event/{event.pk}/delete/", {"post": "yes"})
        assert response.status_code == 403
        assert Event.objects.filter(pk=event.pk).exists()


class TestCategories:
    def test_delete_page_of_a_category_names_its_events(self, admin_page: Page) -> None:
        event = EventFactory.create(category=CategoryFactory.create())
        page = admin_page(f"/events/category/{event.category_id}/delete/")
        assert "protected" in page
        assert event.title in page

    def test_tag_of_the_same_name_is_refused(self, admin_page: Page) -> None:
        TagFactory.create(name="Jazz", slug="jazz")
        page = admin_page("/events/tag/add/", {"name": "JAZZ", "slug": "jazz-2"})
        assert "Another tag has this name." in page


class TestRsvps:
    def test_cancelled_rsvp_promotes_the_waitlist(
        self, admin_page: Page, event: Event, ada: User, sam: User
    ) -> None:
        rsvp, _ = join_event(event_id=event.pk, attendee=ada, guests=1)
        join_event(event_id=event.pk, attendee=sam)
        admin_page("/rsvp/rsvp/", {"action": "cancel", "_selected_action": [rsvp.pk]})
        assert Rsvp.objects.get(user=ada).status == Rsvp.Status.CANCELLED
        assert Rsvp.objects.get(user=sam).status == Rsvp.Status.GOING

    def test_counts_and_statuses_are_read_only(
        self, admin_page: Page, alma: User, client: Client, event: Event, ada: User
    ) -> None:
        rsvp, _ = join_event(event_id=event.pk, attendee=ada)
        assert "going" in admin_page(f"/rsvp/rsvp/{rsvp.pk}/change/")
        client.post(f"/admin/rsvp/rsvp/{rsvp.pk}/change/", {"status": "cancelled", "guests": "5"})
        rsvp.refresh_from_db()
        assert (rsvp.status, rsvp.guests) == (Rsvp.Status.GOING, 0)
        assert client.get("/admin/rsvp/rsvp/add/").status_code == 403
        assert client.get("/admin/rsvp/rsvpchange/add/").status_code == 403

    @pytest.mark.parametrize(
        "page",
        [
            "/rsvp/rsvp/?q=ada",
            "/rsvp/rsvpchange/?q=ada",
            "/events/event/?q=Event&status__exact=published",
            "/events/category/?q=c",
            "/events/tag/?q=t",
            "/",
        ],
    )
    def test_lists_can_be_searched(
        self, admin_page: Page, event: Event, ada: User, page: str
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        admin_page(page)


def test_page_of_a_cancelled_event_shows_its_local_time(olive: User, admin_page: Page) -> None:
    start = datetime(2099, 6, 5, 19, tzinfo=ZoneInfo("Europe/London"))
    event = EventFactory.create(
        created_by=olive, start_time=start, timezone="Europe/London", max_attendees=2
    )
    cancel_event(event_id=event.pk)
    page = admin_page(f"/events/event/{event.pk}/change/")
    for clock in ("19:00", "21:00"):
        assert f"Fri 5 Jun 2099, {clock}</span> Europe/London" in page
    assert "Max attendees" not in page


def test_times_are_shown_with_their_zone(admin_page: Page, event: Event) -> None:
    moment = written(event.created_at)
    assert moment.endswith(" UTC")
    assert moment in admin_page(change_page(event))


class TestListOfEvents:
    @pytest.fixture(autouse=True)
    def three(self, olive: User) -> None:
        for title, begun in (("Later", None), ("Sooner", begin), ("Over", end)):
            event = EventFactory.create(created_by=olive, title=title)
            if begun:
                begun(event)

    def titles(self, page: str) -> list[str]:
        return re.findall(r">\s*(Later|Sooner|Over)\s*</a>", page)

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("", ["Sooner", "Later"]),
            ("?status__exact=published", ["Sooner", "Later"]),
            ("?when=upcoming", ["Sooner", "Later"]),
            ("?when=past", ["Over"]),
            ("?when=all", ["Later", "Sooner", "Over"]),
            ("?when=yesterday", ["Later", "Sooner", "Over"]),
            ("?q=Over", ["Over"]),
            ("?q=Over&when=upcoming", []),
            ("?o=1", ["Later", "Sooner"]),
        ],
        ids=str,
    )
    def test_upcoming_events_come_first(
        self, admin_page: Page, query: str, titles: list[str]
    ) -> None:
        assert self.titles(admin_page(f"/events/event/{query}")) == titles

    @pytest.mark.parametrize("when", ["Upcoming", "Past", "All"])
    def test_filter_names_the_events_shown(self, admin_page: Page, when: str) -> None:
        assert f">{when}" in re.sub(r"\s+", "", admin_page("/events/event/"))
