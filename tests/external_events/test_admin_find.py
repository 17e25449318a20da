"""Find, preview and import events in the admin."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import clock
from events.models import Event
from events.services.events import delete_event
from external_events import tasks
from external_events.models import Import, Run, Subscription
from external_events.services.imports import import_event
from tests.external_events.conftest import SOMEBODY, text_of
from tests.factories import CategoryFactory, EventFactory
from tests.standins import StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

Page = Callable[..., str]
FIND = "/external_events/import/find/?provider=ticketmaster&query=jazz"
SOON = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"


def numbered_event(number: int, name: str = "", **changes: Any) -> dict[str, Any]:
    changes.setdefault("local", f"{SOON}T19:{number % 60:02}")
    return tm_event(f"G{number:04}", name or f"Jazz {number}", **changes)


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [numbered_event(number) for number in range(3)]
    return ticketmaster


def chosen(*numbers: int, **more: Any) -> dict[str, Any]:
    """Return the form data of a button, with the selected events."""
    ids = [f"G{number:04}" for number in numbers]
    return {"what": "selected", "chosen": ids, "status": "published", "organizer": ""} | more


def can_be_chosen(page: str) -> list[str]:
    boxes = re.findall(r'<input type="checkbox" name="chosen" value="(\w+)"([^>]*)>', page)
    return [value for value, more in boxes if not more.endswith(" disabled")]


class TestSearch:
    def test_page_sends_no_request_before_the_form_is_sent(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        admin_page("/external_events/import/find/")
        assert jazz.calls == []

    def test_list_of_imported_events_leads_to_it(self, admin_page: Page) -> None:
        assert 'href="/admin/external_events/import/find/"' in admin_page(
            "/external_events/import/"
        )

    def test_results_show_the_local_time(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [numbered_event(1, local="2031-07-01T19:30", zone="Europe/Berlin")]
        page = text_of(admin_page(FIND))
        assert "Jazz 1 Tue 1 Jul 2031, 19:30 Europe/Berlin The Cellar" in page
        assert "scheduled 20.00 – 45.50 GBP No" in page

    def test_search_sends_its_parameters(self, admin_page: Page, jazz: TicketmasterStandIn) -> None:
        admin_page(f"{FIND}&location=London, GB&date_from={SOON}&date_to={SOON}")
        [query] = jazz.queries
        names = ("keyword", "city", "countryCode", "localStartDateTime")
        assert [query[name] for name in names] == [
            "jazz", "London", "GB", f"{SOON}T00:00:00,{SOON}T23:59:59",
        ]  # fmt: skip

    def test_unknown_start_is_to_be_announced(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [numbered_event(1, local=SOON), numbered_event(2, local=None)]
        page = admin_page(FIND)
        assert f"Jazz 1 {clock.day(date.fromisoformat(SOON))}, time to be announced" in text_of(
            page
        )
        assert "Jazz 2 day and time to be announced" in text_of(page)
        assert can_be_chosen(page) == []

    def test_event_that_cannot_be_imported_shows_the_reason(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [
            numbered_event(1, status="cancelled"),
            numbered_event(2, local="2020-01-01T19:30"),
        ]
        page = admin_page(FIND)
        assert "The provider says that this event is cancelled." in page
        assert "The start is in the past." in page
        assert can_be_chosen(page) == []

    def test_public_import_is_linked(self, admin_page: Page, jazz: TicketmasterStandIn) -> None:
        admin_page(FIND, chosen(1))
        event = Event.objects.get()
        page = admin_page(FIND)
        link = f'href="/admin/events/event/{event.pk}/change/" class="text-link">Already imported<'
        assert link in page
        assert can_be_chosen(page) == ["G0000", "G0002"]

    def test_import_of_an_organizer_is_linked_and_can_be_imported_publicly(
        self, admin_page: Page, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        event = imported(1, olive, status="draft")
        page = admin_page(FIND)
        link = f'href="/admin/events/event/{event.pk}/change/" class="text-link">Imported by an org'
        assert link in page
        assert can_be_chosen(page) == ["G0000", "G0001", "G0002"]
        admin_page(FIND, chosen(1))
        assert Event.objects.get(created_by=None).title == "Jazz 1"

    def test_several_imports_are_linked_as_a_list(
        self, admin_page: Page, jazz: TicketmasterStandIn, olive: User, sam: User
    ) -> None:
        sam.is_organizer = True
        for organizer in (olive, sam):
            imported(1, organizer)
        path = "/external_events/import/?provider=ticketmaster&amp;q=G0001"
        assert f'href="/admin{path}" class="text-link">Imported by organizers<' in admin_page(FIND)
        assert text_of(admin_page(path.replace("&amp;", "&"))).count("Jazz 1") == 2

    def test_search_without_results_shows_a_message(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        page = admin_page(FIND)
        assert "Ticketmaster has no matching events." in page
        assert "Import selected" not in page

    def test_pages_go_up_to_the_provider_s_wall(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [numbered_event(number) for number in range(1010)]
        first = admin_page(FIND)
        assert "1010 at Ticketmaster, soonest first; its API returns the first 1000." in first
        assert ("page=2" in first, "page=0" in first) == (True, False)
        for past in ("40", "41", "99999"):
            last = admin_page(f"{FIND}&page={past}")
            assert ("page=39" in last, "page=41" in last) == (True, False)

    @pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30])
    def test_invalid_page_is_the_first(
        self, admin_page: Page, jazz: TicketmasterStandIn, page: str
    ) -> None:
        assert "Page 1" in text_of(admin_page(f"{FIND}&page={page}"))

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ("provider=eventbrite", "Select a valid choice."),
            ("provider=ticketmaster&query=a%0Bb", "Control characters are not allowed."),
            ("provider=ticketmaster&date_from=1066-10-14", "between the years 1970 and 2200"),
            (
                "provider=ticketmaster&date_from=2031-05-02&date_to=2031-05-01",
                "The last day can&#x27;t be before the first day.",
            ),
        ],
    )
    def test_bad_search_is_an_error_on_the_form(
        self, admin_page: Page, jazz: TicketmasterStandIn, params: str, message: str
    ) -> None:
        assert message in admin_page(f"/external_events/import/find/?{params}")
        assert jazz.calls == []

    def test_provider_without_a_key_is_not_configured(self, admin_page: Page) -> None:
        assert "This server has no API key for this provider." in admin_page(FIND)

    def test_error_of_the_provider_is_shown_without_the_key(
        self, admin_page: Page, jazz: TicketmasterStandIn, settings: Any
    ) -> None:
        jazz.trouble = StandInResponse(500, settings.TICKETMASTER_API_KEY)
        page = admin_page(FIND)
        assert "The provider is not responding" in page
        assert settings.TICKETMASTER_API_KEY not in page

    def test_texts_of_the_provider_are_escaped(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [numbered_event(1, 'Jazz <3 & "more" \'')]
        for path in (FIND, preview_of(1)):
            page = admin_page(path)
            assert "Jazz &lt;3 &amp; &quot;more&quot; &#x27;" in page
            assert "Jazz <3" not in page

    def test_page_loads_nothing_from_elsewhere(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        for path in (FIND, preview_of(1)):
            assert re.findall(r'src="(?!/static/)[^"]*', admin_page(path)) == []

    def test_finds_cost_no_query_each(
        self, admin_page: Page, client: Client, ticketmaster: TicketmasterStandIn
    ) -> None:
        admin_page(FIND)
        costs = []
        for number in (1, 3):
            ticketmaster.events = [numbered_event(index) for index in range(number)]
            with CaptureQueriesContext(connection) as captured:
                client.get(f"/admin{FIND}&date_to=2035-01-0{number}")
            costs.append(len(captured))
        assert costs[0] == costs[1]


class TestImport:
    def test_selected_results_become_events(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        page = admin_page(FIND, chosen(0, 2))
        assert [(e.title, e.created_by, e.status) for e in Event.objects.all()] == [
            ("Jazz 0", None, "published"),
            ("Jazz 2", None, "published"),
        ]
        assert "2 imported: Jazz 0 , Jazz 2 ." in text_of(page)

    def test_import_uses_the_records_of_the_search(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        admin_page(FIND, chosen(0, 1))
        assert len(jazz.calls) == 1

    def test_result_that_left_the_page_is_fetched(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        admin_page(FIND)
        jazz.events.append(numbered_event(7))
        page = admin_page(FIND, chosen(7, 8))
        assert Event.objects.get().title == "Jazz 7"
        assert "G0008: The provider has no event with this ID." in page

    def test_organizer_and_status_can_be_given(
        self, admin_page: Page, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        admin_page(FIND, chosen(1, organizer=olive.pk, status="draft"))
        event = Event.objects.get()
        assert (event.created_by, event.status) == (olive, "draft")

    def test_import_needs_an_organizer(
        self, admin_page: Page, jazz: TicketmasterStandIn, ada: User
    ) -> None:
        assert "Choose an active organizer." in admin_page(FIND, chosen(1, organizer=ada.pk))
        assert not Event.objects.exists()

    def test_refused_event_does_not_stop_the_others(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [
            numbered_event(1),
            numbered_event(2, local="2020-01-01T19:30"),
            numbered_event(3, local=SOON),
        ]
        page = admin_page(FIND, chosen(1, 2, 3))
        assert Event.objects.get().title == "Jazz 1"
        assert "Jazz 2: The start is in the past." in page
        assert "Jazz 3: The provider does not know when this event starts" in page

    def test_form_sent_twice_imports_once(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        admin_page(FIND, chosen(1))
        assert "1 already imported: Jazz 1 ." in text_of(admin_page(FIND, chosen(1)))
        assert Event.objects.count() == 1

    def test_empty_selection_shows_a_message(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        assert "Choose at least one event." in admin_page(FIND, chosen())

    def test_event_that_was_deleted_here_can_be_imported_again(
        self, admin_page: Page, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        delete_event(event_id=imported(1, olive).pk)
        admin_page(FIND, chosen(1))
        assert Event.objects.alive().get().title == "Jazz 1"


class TestAll:
    def test_import_of_all_results_shows_the_page_of_its_run(
        self, admin_page: Page, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        page = admin_page(FIND, chosen(what="all", organizer=olive.pk))
        run = Run.objects.get()
        assert f"Run {run.pk} of Ticketmaster: jazz" in page
        wanted = ("query", "location", "every", "days_ahead", "organizer")
        assert [getattr(run.subscription, name) for name in wanted] == [
            "jazz", "", "once", 365, olive,
        ]  # fmt: skip
        tasks.work_on_runs()
        titles = Event.objects.filter(created_by=olive).order_by("title")
        assert list(titles.values_list("title", flat=True)) == ["Jazz 0", "Jazz 1", "Jazz 2"]

    def test_dry_run_only_counts(self, admin_page: Page, jazz: TicketmasterStandIn) -> None:
        admin_page(FIND, chosen(what="count"))
        tasks.work_on_runs()
        run = Run.objects.get()
        assert (run.dry_run, run.created) == (True, 3)
        assert not Event.objects.exists()

    def test_last_day_sets_the_days_ahead(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        last = datetime.now(UTC) + timedelta(days=9)
        admin_page(f"{FIND}&date_to={last:%Y-%m-%d}", chosen(what="all"))
        assert Subscription.objects.get().days_ahead == 10

    def test_same_search_has_one_standing_import(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        for what in ("count", "count", "all"):
            admin_page(FIND, chosen(what=what))
        assert (Subscription.objects.count(), Run.objects.count()) == (1, 1)
        tasks.work_on_runs()
        admin_page(FIND, chosen(what="all"))
        assert (Subscription.objects.count(), Run.objects.count()) == (1, 2)

    @pytest.mark.parametrize(
        "search", ["query=", f"query=jazz&date_from={SOON}", "query=jazz&date_to=2020-01-01"]
    )
    def test_search_that_runs_do_not_support_is_refused(
        self, admin_page: Page, jazz: TicketmasterStandIn, search: str
    ) -> None:
        path = f"/external_events/import/find/?provider=ticketmaster&{search}"
        assert "Import all results" not in admin_page(path)
        assert "not after today" in admin_page(path, chosen(what="all"))
        assert not Subscription.objects.exists()


def preview_of(number: int) -> str:
    return f"/external_events/import/preview/?provider=ticketmaster&id=G{number:04}"


class TestPreview:
    def test_preview_shows_the_expected_event(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        CategoryFactory.create(name="Music", slug="music")
        page = text_of(admin_page(preview_of(1)))
        assert "Category Music › Jazz › Swing" in page
        assert "Category Music" in page
        day = clock.day(date.fromisoformat(SOON))
        assert f"{day}, 22:01 Europe/London (estimated: unknown at the provider)" in page
        assert not Event.objects.exists()

    def test_preview_names_possible_duplicates(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        start = datetime.fromisoformat(f"{SOON}T19:01").replace(tzinfo=UTC)
        twin = EventFactory.create(
            title="Jazz 1",
            location="The Cellar",
            start_time=start,
            end_time=start + timedelta(hours=2),
        )
        page = admin_page(preview_of(1))
        assert "Possible duplicates" in page
        assert f'href="/admin/events/event/{twin.pk}/change/"' in page

    def test_preview_imports(self, admin_page: Page, jazz: TicketmasterStandIn) -> None:
        page = text_of(admin_page(preview_of(1), {"status": "draft", "organizer": ""}))
        assert Event.objects.get().status == "draft"
        assert "1 imported: Jazz 1 ." in page
        assert "Already imported Jazz 1 , Draft, no owner" in page

    def test_preview_names_every_import_of_the_event(
        self, admin_page: Page, jazz: TicketmasterStandIn, olive: User, sam: User
    ) -> None:
        imported(1, olive, status="draft", title="Ours")
        sam.is_organizer = True
        imported(1, sam)
        page = admin_page(preview_of(1))
        text = "Already imported Ours , Draft, owner: olive Jazz 1 , Published, owner: sam"
        assert text in text_of(page)
        assert 'name="status"' in page

    def test_preview_of_a_cancelled_event_shows_the_reason(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [numbered_event(1, status="cancelled")]
        page = admin_page(preview_of(1))
        assert "The provider says that this event is cancelled." in page
        assert 'name="status"' not in page

    def test_preview_of_unknown_event_shows_an_error(
        self, admin_page: Page, jazz: TicketmasterStandIn
    ) -> None:
        assert "The provider has no event with this ID." in admin_page(preview_of(9))

    def test_preview_of_unknown_provider_is_not_found(
        self, admin_page: Page, client: Client
    ) -> None:
        admin_page("/")
        path = "/admin/external_events/import/preview/?provider=eventbrite&id=1"
        assert client.get(path).status_code == 404

    def test_seatgeek_is_named(self, admin_page: Page, seatgeek: SeatGeekStandIn) -> None:
        seatgeek.events = [sg_event(7, local=f"{SOON}T19:30")]
        page = admin_page("/external_events/import/preview/?provider=seatgeek&id=7")
        assert "At SeatGeek" in page


class TestPermissions:
    @pytest.fixture
    def staff(self, ada: User, client: Client) -> Client:
        """Return Ada, who may only view imported events."""
        ada.is_staff = True
        ada.save(update_fields=["is_staff"])
        ada.user_permissions.add(Permission.objects.get(codename="view_import"))
        client.force_login(ada)
        return client

    def test_search_needs_the_permission_to_add_imports(
        self, staff: Client, jazz: TicketmasterStandIn
    ) -> None:
        assert "Find events" not in staff.get("/admin/external_events/import/").content.decode()
        codes = [staff.get(f"/admin{path}").status_code for path in (FIND, preview_of(1))]
        codes += [
            staff.post(f"/admin{path}", chosen(1)).status_code for path in (FIND, preview_of(1))
        ]
        assert codes == [403] * 4
        assert (jazz.calls, Import.objects.count()) == ([], 0)

    def test_staff_without_standing_imports_import_selected_events(
        self, staff: Client, ada: User, jazz: TicketmasterStandIn
    ) -> None:
        ada.user_permissions.add(Permission.objects.get(codename="add_import"))
        assert "Import all that" not in staff.get(f"/admin{FIND}").content.decode()
        assert staff.post(f"/admin{FIND}", chosen(what="all")).status_code == 403
        assert staff.post(f"/admin{FIND}", chosen(1)).status_code == 302
        assert (Import.objects.count(), Subscription.objects.count()) == (1, 0)

    def test_stranger_is_sent_to_the_login(self, client: Client, db: None) -> None:
        response = client.get(f"/admin{FIND}")
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (
            302,
            "/admin/login/",
        )

    def test_import_without_the_token_of_its_form_is_refused(
        self, alma: User, jazz: TicketmasterStandIn
    ) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alma)
        assert browser.post(f"/admin{FIND}", chosen(1)).status_code == 403
        assert not Event.objects.exists()


def imported(number: int, organizer: User, **overrides: Any) -> Event:
    event, _ = import_event(
        provider="ticketmaster",
        external_id=f"G{number:04}",
        organizer=organizer,
        overrides=overrides,
        caller=SOMEBODY,
    )
    return event
