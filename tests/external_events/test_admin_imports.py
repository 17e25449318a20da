"""Admin of imported events and possible duplicates, and the import on an event's page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.exceptions import EventNotFound
from events.models import Event
from events.services.events import cancel_event, delete_event, update_event
from external_events.models import Duplicate, Import
from external_events.services.banners import request_banner
from external_events.services.duplicates import possible_duplicates, save_duplicates
from external_events.services.imports import import_event
from external_events.services.updates import update_now
from tests.external_events.conftest import SOMEBODY, is_well_again, text_of
from tests.factories import EventFactory
from tests.standins import StandInResponse
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

Page = Callable[..., str]
IMPORTS, DUPLICATES = "/external_events/import/", "/external_events/duplicate/"
SOON = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"


def numbered_event(number: int, name: str = "", **changes: Any) -> dict[str, Any]:
    local = changes.pop("local", f"{SOON}T19:30")
    return tm_event(f"G{number:04}", name or f"Jazz {number}", local=local, **changes)


def imported(number: int, organizer: User) -> Event:
    event, _ = import_event(
        provider="ticketmaster",
        external_id=f"G{number:04}",
        organizer=organizer,
        overrides={},
        caller=SOMEBODY,
    )
    return event


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [numbered_event(number) for number in range(9)]
    return ticketmaster


@pytest.fixture
def event(olive: User, jazz: TicketmasterStandIn) -> Event:
    """Return an imported event of Olive."""
    return imported(0, olive)


def page_of(event: Event) -> str:
    return f"{IMPORTS}{event.pk}/change/"


def act(page: Page, action: str, *rows: Any, at: str = IMPORTS) -> str:
    return page(at, {"action": action, "_selected_action": [row.pk for row in rows]})


class TestImports:
    def test_page_shows_followed_and_edited_fields(self, admin_page: Page, event: Event) -> None:
        update_event(event_id=event.pk, changes={"title": "Ours", "end_time": event.end_time})
        page = admin_page(page_of(event))
        follows = "description, location, latitude, longitude, category, start time, end time"
        assert f"{follows}, timezone" in page
        assert page.count(">title<") == 1

    def test_links_to_the_provider_send_no_referrer(self, admin_page: Page, event: Event) -> None:
        wanted = (
            '<a href="https://tickets.example/event/G0000" class="text-link" target="_blank" '
            'rel="noopener noreferrer">Ticketmaster'
        )
        for path in (IMPORTS, page_of(event), f"/events/event/{event.pk}/change/"):
            assert wanted in admin_page(path)

    def test_external_pictures_are_links(self, admin_page: Page, event: Event) -> None:
        page = admin_page(page_of(event))
        assert 'href="https://pictures.example/16_9/1024.jpg"' in page
        assert 'src="https://pictures' not in page

    def test_hostile_texts_are_escaped(self, admin_page: Page, event: Event, olive: User) -> None:
        Event.objects.update(
            title="<img src=x onerror=alert(1)>", external_url='https://e.example/"><script>'
        )
        EventFactory.create(title="<img src=x onerror=alert(1)>", location="The Cellar")
        twins(event)
        for path in (IMPORTS, page_of(event), DUPLICATES):
            page = admin_page(path)
            assert "&lt;img src=x" in page
            assert ("<img src=x" in page, '"><script>' in page) == (False, False)

    def test_deleted_events_are_excluded(self, admin_page: Page, event: Event) -> None:
        delete_event(event_id=event.pk)
        assert event.title not in admin_page(IMPORTS)

    def test_rows_are_read_only(self, admin_page: Page, event: Event, client: Client) -> None:
        admin_page(IMPORTS)
        paths = ("add/", f"{event.pk}/delete/")
        codes = [client.post(f"/admin{IMPORTS}{path}").status_code for path in paths]
        codes += [client.post(f"/admin{page_of(event)}", {"banner": "none"}).status_code]
        assert codes == [403] * 3

    def test_list_can_be_searched_and_filtered(
        self, admin_page: Page, event: Event, olive: User
    ) -> None:
        imported(1, olive)
        found = admin_page(f"{IMPORTS}?q=G0000&provider=ticketmaster&banner__exact=due")
        assert ("Jazz 0" in found, "Jazz 1" in found) == (True, False)
        assert "Jazz 0" not in admin_page(f"{IMPORTS}?provider=seatgeek")


class TestLook:
    def test_lookup_applies_changes(
        self, admin_page: Page, event: Event, jazz: TicketmasterStandIn
    ) -> None:
        jazz.events[0] = numbered_event(0, "A Night of Jazz")
        assert "1 looked up." in act(admin_page, "look_now", Import.objects.get())
        event.refresh_from_db()
        assert event.title == "A Night of Jazz"

    def test_lookup_shows_that_the_event_is_gone(
        self, admin_page: Page, event: Event, jazz: TicketmasterStandIn
    ) -> None:
        jazz.events = []
        page = act(admin_page, "look_now", Import.objects.get())
        assert "no longer listed by the provider. The event is unchanged." in page
        assert "Ticketmaster ↗ gone" in text_of(admin_page(IMPORTS))

    def test_lookup_shows_that_the_provider_is_unavailable(
        self, admin_page: Page, event: Event, jazz: TicketmasterStandIn
    ) -> None:
        jazz.trouble = StandInResponse(500, "")
        page = act(admin_page, "look_now", Import.objects.get())
        assert "Jazz 0: The provider is not responding" in page
        is_well_again(jazz)

    def test_too_many_lookups_are_refused(
        self, admin_page: Page, event: Event, olive: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        imported(1, olive)
        monkeypatch.setattr("external_events.admin.imports.MOST_LOOKUPS", 1)
        page = act(admin_page, "look_now", *Import.objects.all())
        assert "Choose at most 1 events" in page

    def test_deleted_event_is_404(self, event: Event) -> None:
        delete_event(event_id=event.pk)
        with pytest.raises(EventNotFound):
            update_now(event_id=event.pk, caller=SOMEBODY)


class TestBanner:
    def state(self) -> tuple[str, int, str]:
        row = Import.objects.get()
        return row.banner, row.banner_attempts, row.banner_error

    def test_failed_banner_is_due_again(self, admin_page: Page, event: Event) -> None:
        Import.objects.update(banner="failed", banner_attempts=4, banner_error="No picture.")
        page = act(admin_page, "fetch_banner", Import.objects.get())
        assert "1 will be downloaded." in page
        assert self.state() == ("due", 0, "")

    @pytest.mark.parametrize("is_cancelled", [True, False])
    def test_unused_banner_is_not_fetched(
        self, admin_page: Page, event: Event, is_cancelled: bool
    ) -> None:
        Import.objects.update(banner="done")
        if is_cancelled:
            cancel_event(event_id=event.pk)
        else:
            Event.objects.update(banner="of-our-own")
        assert "or has its own banner." in act(admin_page, "fetch_banner", Import.objects.get())
        assert self.state() == ("done", 0, "")

    def test_banner_of_a_deleted_event_is_404(self, event: Event) -> None:
        delete_event(event_id=event.pk)
        with pytest.raises(EventNotFound):
            request_banner(event_id=event.pk)


class TestEventPage:
    def test_imported_event_shows_its_source(self, admin_page: Page, event: Event) -> None:
        page = admin_page(f"/events/event/{event.pk}/change/")
        texts = ("Imported from a provider", "from 20.00 GBP", "estimated here", page_of(event))
        assert [text in page for text in texts] == [True] * 4

    def test_fields_edited_here_are_not_among_those_followed(
        self, admin_page: Page, event: Event
    ) -> None:
        update_event(event_id=event.pk, changes={"title": "Ours"})
        page = admin_page(f"/events/event/{event.pk}/change/")
        follows = "description, location, latitude, longitude, category, start time, end time"
        assert f">{follows}" in re.sub(r">\s+", ">", page)

    def test_event_created_here_shows_no_import(self, admin_page: Page, db: None) -> None:
        ours = EventFactory.create()
        assert "Imported from a provider" not in admin_page(f"/events/event/{ours.pk}/change/")

    def test_imported_event_can_be_edited(self, admin_page: Page, event: Event) -> None:
        local = event.start_time.astimezone(UTC)
        admin_page(
            f"/events/event/{event.pk}/change/",
            {
                "title": "Ours",
                "description": "",
                "status": "published",
                "location": event.location,
                "timezone": "UTC",
                "refund_policy": "none",
                "refund_until_hours": "0",
                "start_time_0": f"{local:%Y-%m-%d}",
                "start_time_1": f"{local:%H:%M:%S}",
                "end_time_0": f"{local:%Y-%m-%d}",
                "end_time_1": "23:59:00",
                "imported-INITIAL_FORMS": "1",
                "imported-0-event": event.pk,
                "rsvps-INITIAL_FORMS": "0",
            },
        )
        event.refresh_from_db()
        assert event.title == "Ours"

    def test_list_is_filtered_by_provider(self, admin_page: Page, event: Event) -> None:
        EventFactory.create(title="Only here")
        page = admin_page("/events/event/?provider=ticketmaster")
        assert ("Jazz 0" in page, "Created here" in page) == (True, False)


def twins(event: Event, *, title: str = "") -> Duplicate:
    """Return the event and a possible duplicate that was created here."""
    other = EventFactory.create(
        title=title or event.title,
        location=event.location,
        start_time=event.start_time,
        end_time=event.end_time,
    )
    save_duplicates(event)
    return Duplicate.objects.get(event=other)


class TestDuplicates:
    def test_page_shows_both_events_side_by_side(self, admin_page: Page, event: Event) -> None:
        pair = twins(event)
        page = admin_page(DUPLICATES)
        for twin in (pair.event, pair.other):
            assert f'href="/admin/events/event/{twin.pk}/change/"' in page
        assert page.count("seats taken: 0 of ∞") == 2

    def test_pair_marked_as_different_is_not_suggested(
        self, admin_page: Page, event: Event
    ) -> None:
        pair = twins(event)
        assert possible_duplicates(event) == [pair.event]
        page = act(admin_page, "judge_different", pair, at=DUPLICATES)
        assert "1 marked as different" in page
        assert possible_duplicates(event) == []
        save_duplicates(event)
        assert possible_duplicates(event) == []

    def test_pair_marked_as_same_keeps_both_events(self, admin_page: Page, event: Event) -> None:
        pair = twins(event)
        page = act(admin_page, "judge_same", pair, at=DUPLICATES)
        assert "Nothing was merged or deleted: cancel or delete one event of each pair" in page
        pair.refresh_from_db()
        assert (pair.verdict, Event.objects.listed().count()) == ("same", 2)

    def test_list_shows_pairs_to_be_reviewed_by_default(
        self, admin_page: Page, event: Event
    ) -> None:
        pair = twins(event)
        shown = f'value="{pair.pk}"'
        views = ["", "?verdict=same", "?verdict=different", "?verdict=all"]
        assert [shown in admin_page(DUPLICATES + view) for view in views] == [
            True, False, False, True,
        ]  # fmt: skip
        act(admin_page, "judge_same", pair, at=DUPLICATES)
        assert [shown in admin_page(DUPLICATES + view) for view in views] == [
            False, True, False, True,
        ]  # fmt: skip

    def test_pair_with_a_deleted_event_is_resolved(self, admin_page: Page, event: Event) -> None:
        pair = twins(event)
        delete_event(event_id=pair.event_id)
        assert f'value="{pair.pk}"' not in admin_page(DUPLICATES)


def test_staff_who_may_only_view_have_no_actions(
    ada: User, client: Client, event: Event, jazz: TicketmasterStandIn
) -> None:
    pair = twins(event)
    ada.is_staff = True
    ada.save(update_fields=["is_staff"])
    codenames = ("view_import", "view_duplicate")
    ada.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(ada)
    calls = len(jazz.calls)
    for path, action, row in (
        (IMPORTS, "look_now", Import.objects.get()),
        (IMPORTS, "fetch_banner", Import.objects.get()),
        (DUPLICATES, "judge_same", pair),
    ):
        assert client.get(f"/admin{path}").status_code == 200
        client.post(f"/admin{path}", {"action": action, "_selected_action": [row.pk]})
    pair.refresh_from_db()
    assert (pair.verdict, len(jazz.calls)) == ("open", calls)
    assert "Look now" not in client.get(f"/admin{page_of(event)}").content.decode()


@pytest.mark.parametrize("path", [IMPORTS, DUPLICATES, "/events/event/?provider=ticketmaster"])
def test_lists_have_a_constant_number_of_queries(
    admin_page: Page, client: Client, jazz: TicketmasterStandIn, olive: User, path: str
) -> None:
    admin_page(path)
    costs = []
    for number in (1, 3):
        for index in range(number):
            twins(imported(number + index, olive))
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/admin{path}")
        costs.append(len(captured))
    assert costs[0] == costs[1], "\n".join(query["sql"][:150] for query in captured)
