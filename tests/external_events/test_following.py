"""Updates of imported events from their providers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from icalendar import Calendar

from accounts.models import User
from events.models import Event
from external_events.models import Import
from external_events.providers import PROVIDERS
from external_events.services import updates
from external_events.services.event_fields import category_finder
from external_events.services.updates import Outcome, apply_record, update_due_events
from notifications.models import Notification
from rsvp.check_in import Scan, check_in
from rsvp.messages.announcements import fan_out
from rsvp.models import ChangeWindow, Rsvp
from tests.client import Api
from tests.factories import end
from tests.standins import StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.slow

BODY = {"provider": "ticketmaster"}
PATH = "/external-events/G5vYZ/import/"


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    change_record(ticketmaster)
    return ticketmaster


def change_record(
    server: TicketmasterStandIn,
    name: str = "An Evening of Jazz",
    local: str | None = "2027-05-01T19:30",
    **changes: Any,
) -> None:
    server.events = [tm_event("G5vYZ", name, local=local, **changes)]


def apply_update() -> Outcome:
    """Fetch the event from the provider and apply its record."""
    event = Event.objects.alive().get(external_event_id="G5vYZ")
    record = PROVIDERS["ticketmaster"].fetch_event("G5vYZ")
    return apply_record(event_id=event.pk, record=record, find_category=category_finder())


@pytest.fixture
def event(as_olive: Api, jazz: TicketmasterStandIn) -> dict[str, Any]:
    response: dict[str, Any] = as_olive.post(PATH, BODY)
    return response


def shown(api: Api, event: dict[str, Any], *names: str) -> dict[str, Any]:
    response = api.get(f"/events/{event['id']}/")
    return {name: response[name] for name in names}


class TestFollows:
    def test_unchanged_record_changes_nothing(self, as_olive: Api, event: dict[str, Any]) -> None:
        before = as_olive.get(f"/events/{event['id']}/")
        assert apply_update() is Outcome.UNCHANGED
        assert as_olive.get(f"/events/{event['id']}/") == before

    def test_changes_of_the_provider_are_applied(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        price = [{"type": "standard", "currency": "GBP", "min": 30, "max": 45}]
        change_record(jazz, "A Night of Jazz", info="Doors at eight.", priceRanges=price)
        assert apply_update() is Outcome.UPDATED
        assert shown(as_olive, event, "title", "description", "price") == {
            "title": "A Night of Jazz",
            "description": "Doors at eight.",
            "price": "30.00",
        }

    def test_moved_start_moves_an_estimated_end(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, local="2027-06-01T20:00", status="rescheduled")
        assert apply_update() is Outcome.UPDATED
        names = ("start_time", "end_time", "end_time_known", "external_status")
        assert shown(as_olive, event, *names) == {
            "start_time": "2027-06-01T19:00:00Z",
            "end_time": "2027-06-01T22:00:00Z",
            "end_time_known": False,
            "external_status": "rescheduled",
        }

    def test_attendees_are_notified_of_a_move(
        self, as_ada: Api, event: dict[str, Any], jazz: TicketmasterStandIn, ada: User
    ) -> None:
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        change_record(jazz, local="2027-06-01T20:00")
        apply_update()
        assert notifications_of(ada) == ["event_changed"]

    def test_moved_event_has_no_arrivals(
        self, as_ada: Api, event: dict[str, Any], jazz: TicketmasterStandIn, ada: User, olive: User
    ) -> None:
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        scan = Scan(user_id=ada.pk)
        check_in(event_id=event["id"], scan=scan, by=olive, is_correction=True)
        change_record(jazz, local="2027-06-01T20:00", status="rescheduled")
        apply_update()
        assert Rsvp.objects.get(user=ada).arrived == 0
        as_ada.post(f"/events/{event['id']}/cancel/", expect=200)

    def test_earlier_date_is_recorded_as_an_earlier_end(
        self, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, local="2027-04-01T20:00")
        apply_update()
        assert Event.objects.get(pk=event["id"]).end_pulled_in_at

    def test_cancelled_event_is_cancelled_and_attendees_are_notified(
        self, as_ada: Api, event: dict[str, Any], jazz: TicketmasterStandIn, ada: User
    ) -> None:
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        change_record(jazz, status="cancelled")
        assert apply_update() is Outcome.CANCELLED
        names = ("status", "cancellation_reason", "external_status")
        assert shown(as_ada, event, *names) == {
            "status": "cancelled",
            "cancellation_reason": "Ticketmaster says that it is cancelled.",
            "external_status": "cancelled",
        }
        assert notifications_of(ada) == ["event_cancelled"]
        assert apply_update() is Outcome.UNCHANGED
        assert notifications_of(ada) == ["event_cancelled"]

    def test_postponed_event_keeps_its_date(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, local=None, status="postponed")
        assert apply_update() is Outcome.UPDATED
        assert shown(as_olive, event, "start_time", "status", "external_status") == {
            "start_time": event["start_time"],
            "status": "published",
            "external_status": "postponed",
        }

    def test_postponed_event_is_updated_after_its_old_date(
        self, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, local=None, status="postponed")
        apply_update()
        change_record(jazz, local="2027-09-01T19:30", status="rescheduled")
        with time_machine.travel(datetime(2027, 6, 1, tzinfo=UTC), tick=True):
            assert update_due_events(for_s=20) == 1
        row = Event.objects.get()
        assert (row.start_time, row.external_status) == (
            datetime(2027, 9, 1, 18, 30, tzinfo=UTC),
            "rescheduled",
        )

    def test_postponed_event_is_tentative_in_calendars(
        self, as_ada: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, local=None, status="postponed")
        apply_update()
        [entry] = Calendar.from_ical(as_ada.get(f"/events/{event['id']}/calendar.ics")).events
        assert entry["STATUS"] == "TENTATIVE"

    def test_attendees_are_notified_once_that_it_is_postponed(
        self, as_ada: Api, event: dict[str, Any], jazz: TicketmasterStandIn, ada: User
    ) -> None:
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        change_record(jazz, local="2027-05-08T19:30")
        apply_update()
        change_record(jazz, local=None, status="postponed")
        assert [apply_update(), apply_update()] == [Outcome.UPDATED, Outcome.UNCHANGED]
        assert notifications_of(ada) == ["event_changed", "event_changed"]
        texts = [entry["text"] for entry in as_ada.get("/notifications/")["results"]]
        assert texts[0].startswith('"An Evening of Jazz" is postponed from Sat 8 May 2027')
        change_record(jazz, local="2027-09-01T19:30", status="rescheduled")
        apply_update()
        assert notifications_of(ada) == ["event_changed"] * 3

    def test_start_in_the_past_is_not_applied(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, local="2020-05-01T19:30")
        assert apply_update() is Outcome.UNCHANGED
        assert shown(as_olive, event, "start_time") == {"start_time": event["start_time"]}

    def test_past_event_is_not_updated(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, "Renamed", status="cancelled")
        with time_machine.travel(datetime(2027, 5, 2, tzinfo=UTC)):
            assert apply_update() is Outcome.UNCHANGED
        assert shown(as_olive, event, "title", "status") == {
            "title": "An Evening of Jazz",
            "status": "published",
        }

    def test_cancelled_draft_stays_a_draft_with_the_provider_s_status(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        draft = as_olive.post(PATH, BODY | {"status": "draft"})
        change_record(jazz, status="cancelled")
        assert apply_update() is Outcome.UPDATED
        assert shown(as_olive, draft, "status", "external_status") == {
            "status": "draft",
            "external_status": "cancelled",
        }


class TestOwnEdits:
    """Edits of the organizer stay."""

    @pytest.mark.parametrize(
        "edited",
        [
            {"title": "Ours"},
            {"description": "Meet at the bar."},
            {"location": "Our pub"},
            {"latitude": 51.0, "longitude": 0.5},
            {"start_time": "2027-05-01T17:00:00Z"},
            {"category_id": None},
        ],
    )
    def test_edited_field_is_not_overwritten(
        self,
        as_olive: Api,
        event: dict[str, Any],
        jazz: TicketmasterStandIn,
        edited: dict[str, Any],
    ) -> None:
        as_olive.patch(f"/events/{event['id']}/", edited)
        names = [name.removesuffix("_id") for name in edited]
        before = shown(as_olive, event, *names)
        change_record(jazz, "Renamed", local="2027-06-01T20:00", info="Other")
        jazz.events[0]["_embedded"]["venues"][0] |= {
            "name": "Other",
            "location": {"latitude": "1", "longitude": "2"},
        }
        apply_update()
        assert shown(as_olive, event, *names) == before

    def test_line_ends_of_a_browser_are_no_edit(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, info="One<br>Two")
        event = as_olive.post(PATH, BODY)
        as_olive.patch(f"/events/{event['id']}/", {"description": "One\r\nTwo"})
        change_record(jazz, info="Other")
        apply_update()
        assert shown(as_olive, event, "description") == {"description": "Other"}

    def test_field_given_with_the_import_is_not_overwritten(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        event = as_olive.post(PATH, BODY | {"title": "Ours"})
        change_record(jazz, "Renamed", info="Other")
        apply_update()
        assert shown(as_olive, event, "title", "description") == {
            "title": "Ours",
            "description": "Other",
        }

    def test_edit_survives_many_changes(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        as_olive.patch(f"/events/{event['id']}/", {"title": "Ours"})
        for name in ("One", "Two", "Three"):
            change_record(jazz, name, info=name)
            apply_update()
        assert shown(as_olive, event, "title", "description") == {
            "title": "Ours",
            "description": "Three",
        }

    def test_edited_end_moves_with_the_start(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        as_olive.patch(f"/events/{event['id']}/", {"end_time": "2027-05-01T19:30:00Z"})
        for day in ("01", "02"):
            change_record(jazz, local=f"2027-06-{day}T20:00")
            apply_update()
            assert shown(as_olive, event, "start_time", "end_time", "end_time_known") == {
                "start_time": f"2027-06-{day}T19:00:00Z",
                "end_time": f"2027-06-{day}T20:00:00Z",
                "end_time_known": True,
            }

    def test_event_cancelled_here_stays_cancelled(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        as_olive.patch(f"/events/{event['id']}/", {"status": "cancelled"})
        change_record(jazz, "Renamed")
        assert apply_update() is Outcome.UNCHANGED
        assert shown(as_olive, event, "title", "status") == {
            "title": "An Evening of Jazz",
            "status": "cancelled",
        }


class TestPublishedAgain:
    """The owner publishes a cancelled event again."""

    def test_republished_event_ignores_the_former_cancellation(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, status="cancelled")
        assert apply_update() is Outcome.CANCELLED
        as_olive.patch(f"/events/{event['id']}/", {"status": "published"})
        assert apply_update() is Outcome.UNCHANGED
        assert shown(as_olive, event, "status", "external_status") == {
            "status": "published",
            "external_status": "cancelled",
        }

    def test_new_status_of_the_provider_is_applied_again(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, status="cancelled")
        apply_update()
        as_olive.patch(f"/events/{event['id']}/", {"status": "published"})
        change_record(jazz, "Renamed")
        assert apply_update() is Outcome.UPDATED
        assert shown(as_olive, event, "title")["title"] == "Renamed"
        change_record(jazz, status="cancelled")
        assert apply_update() is Outcome.CANCELLED

    def test_republished_event_is_updated(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        as_olive.patch(f"/events/{event['id']}/", {"status": "cancelled"})
        change_record(jazz, "Renamed")
        apply_update()
        as_olive.patch(f"/events/{event['id']}/", {"status": "published"})
        assert apply_update() is Outcome.UPDATED
        assert shown(as_olive, event, "title")["title"] == "Renamed"


def test_past_import_does_not_change(
    as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
) -> None:
    """Providers also cancel and move events that are over, which is no error here."""
    end(Event.objects.get(pk=event["id"]))
    for changes in ({"status": "cancelled"}, {"local": "2027-06-01T19:30"}):
        change_record(jazz, **changes)
        assert apply_update() is Outcome.UNCHANGED
    assert shown(as_olive, event, "status")["status"] == "published"


class TestByItself:
    """Events that no standing import returns are looked up one by one."""

    def look_later(self, **after: float) -> int:
        with time_machine.travel(datetime.now(UTC) + timedelta(**after), tick=True):
            return update_due_events(for_s=20)

    def test_event_is_looked_up_after_a_day(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        change_record(jazz, "Renamed")
        assert [self.look_later(hours=23), self.look_later(hours=25)] == [0, 1]
        assert shown(as_olive, event, "title") == {"title": "Renamed"}

    def test_event_soon_is_looked_up_more_often(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        with time_machine.travel(datetime(2027, 4, 30, tzinfo=UTC), tick=False):
            apply_update()
            next_look = Import.objects.get().next_look_at
        assert next_look == datetime(2027, 4, 30, 3, tzinfo=UTC)

    def test_event_missing_at_the_provider_is_kept_and_marked(
        self, as_olive: Api, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        jazz.events = []
        assert self.look_later(hours=25) == 1
        assert Import.objects.get().is_gone is True
        assert shown(as_olive, event, "status") == {"status": "published"}

    def test_unavailable_provider_is_retried_later(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        jazz.events = [tm_event(f"G{index}") for index in range(3)]
        for index in range(3):
            as_olive.post(f"/external-events/G{index}/import/", BODY)
        jazz.calls.clear()
        jazz.trouble = StandInResponse(403, "")
        assert self.look_later(hours=25) == 0
        assert len(jazz.calls) == 1

    def test_unavailable_provider_does_not_delay_others(
        self,
        as_olive: Api,
        jazz: TicketmasterStandIn,
        seatgeek: SeatGeekStandIn,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(updates, "LOOKUPS_PER_PROVIDER", 2)
        jazz.events = [tm_event(f"G{index}") for index in range(3)]
        for index in range(3):
            as_olive.post(f"/external-events/G{index}/import/", BODY)
        seatgeek.events = [sg_event(4711)]
        as_olive.post("/external-events/4711/import/", {"provider": "seatgeek"})
        jazz.trouble = StandInResponse(403, "")
        assert self.look_later(hours=25) == 1

    def test_past_event_is_not_looked_up(
        self, event: dict[str, Any], jazz: TicketmasterStandIn
    ) -> None:
        with time_machine.travel(datetime(2027, 5, 3, tzinfo=UTC), tick=True):
            assert update_due_events(for_s=20) == 0


def notifications_of(person: User) -> list[str]:
    """Return the kinds of notifications since the RSVP, ten minutes later."""
    ChangeWindow.objects.update(closes_at=timezone.now())
    fan_out()
    rows = Notification.objects.filter(user=person).order_by("pk")
    return list(rows.exclude(kind="rsvp_confirmed").values_list("kind", flat=True))


def test_imported_event_accepts_rsvps(as_ada: Api, event: dict[str, Any], ada: User) -> None:
    as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
    assert Rsvp.objects.get(user=ada).status == "going"
