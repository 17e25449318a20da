"""Each organizer imports an event of their own from a provider's event.

Earlier the first import was the only one: all others, standing imports included, got that
organizer's draft, edited title or limit of one seat.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate
from events.models import Event
from external_events import tasks
from external_events.models import Duplicate, Import, Run, Subscription
from external_events.services import runs
from external_events.services.subscriptions import create_subscription
from external_events.services.updates import update_now
from tests.client import Api
from tests.external_events.conftest import SOMEBODY
from tests.factories import EventFactory
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.slow

BODY = {"provider": "ticketmaster"}
PATH = "/external-events/G5vYZ/import/"


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    change_record(ticketmaster, "Jazz")
    return ticketmaster


@pytest.fixture
def as_rival(sam: User) -> Api:
    """Return Sam as another organizer."""
    User.objects.filter(pk=sam.pk).update(is_organizer=True)
    sam.refresh_from_db()
    return Api(sam)


def change_record(server: TicketmasterStandIn, name: str, **more: Any) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    server.events = [tm_event("G5vYZ", name, local=f"{day}T19:30", **more)]


def subscribe(**details: Any) -> Subscription:
    return create_subscription(
        details={"provider": "ticketmaster", "query": "jazz", "every": "once"} | details
    )


def counts_of_run(subscription: Subscription) -> dict[str, int]:
    """Return the counters that are not 0."""
    run, _ = runs.start_run(subscription_id=subscription.pk)
    while (claimed := runs.claim_due(run_id=run.pk)) is not None:
        runs.step(claimed)
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    return {name: number for name in Run.COUNTS if (number := getattr(run, name))}


SQUATS = [
    pytest.param({"status": "draft"}, id="draft"),
    pytest.param({"title": "Sold out, buy at evil.example"}, id="title"),
    pytest.param({"max_attendees": 1}, id="one-seat"),
    pytest.param({"location": "Nowhere"}, id="location"),
    pytest.param({"banner": None}, id="no-picture"),
]


class TestSquatting:
    @pytest.mark.parametrize("overrides", SQUATS)
    def test_first_import_changes_nothing_for_the_next_organizer(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn, overrides: dict[str, Any]
    ) -> None:
        first = as_rival.post(PATH, BODY | overrides)
        mine = as_olive.post(PATH, BODY)
        assert mine["id"] != first["id"]
        facts = ("title", "location", "status", "max_attendees", "created_by")
        assert [mine[name] for name in facts] == [
            "Jazz", "The Cellar, 1 Low Street, London, Great Britain", "published", None,
            {"id": mine["created_by"]["id"], "username": "olive", "display_name": "olive"},
        ]  # fmt: skip

    @pytest.mark.parametrize("overrides", SQUATS)
    def test_standing_import_creates_its_own_event(
        self, as_rival: Api, jazz: TicketmasterStandIn, overrides: dict[str, Any]
    ) -> None:
        as_rival.post(PATH, BODY | overrides)
        subscription = subscribe()
        assert counts_of_run(subscription) == {"created": 1}
        event = Event.objects.get(created_by=None)
        assert (event.title, event.external_is_primary) == ("Jazz", True)
        assert counts_of_run(subscription) == {"unchanged": 1}

    @pytest.mark.parametrize("change", ["edit", "cancel", "delete"])
    def test_standing_import_does_not_reuse_a_changed_event(
        self, as_rival: Api, jazz: TicketmasterStandIn, change: str
    ) -> None:
        event = as_rival.post(PATH, BODY)
        subscription = subscribe()
        assert counts_of_run(subscription) == {"unchanged": 1}
        path = f"/events/{event['id']}/"
        spoil: dict[str, Callable[[], Any]] = {
            "edit": lambda: as_rival.patch(path, {"title": "Buy at evil.example"}),
            "cancel": lambda: as_rival.patch(path, {"status": "cancelled"}),
            "delete": lambda: as_rival.delete(path),
        }
        spoil[change]()
        assert counts_of_run(subscription) == {"created": 1}
        assert Event.objects.get(created_by=None).title == "Jazz"

    def test_draft_is_hidden_from_other_organizers(
        self, as_olive: Api, as_rival: Api, as_ada: Api, jazz: TicketmasterStandIn
    ) -> None:
        draft = as_rival.post(PATH, BODY | {"status": "draft"})
        mine = as_olive.post(PATH, BODY)
        assert mine["possible_duplicates"] == []
        shown = [api.get("/external-events/")["results"][0] for api in (as_rival, as_olive, as_ada)]
        ids = [result["imported_event_id"] for result in shown]
        assert ids == [draft["id"], mine["id"], mine["id"]]


class TestTwoOrganizers:
    def test_second_import_names_the_first(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        first, second = as_olive.post(PATH, BODY), as_rival.post(PATH, BODY)
        assert [duplicate["id"] for duplicate in second["possible_duplicates"]] == [first["id"]]
        again = as_olive.post(PATH, BODY, expect=200)
        assert [duplicate["id"] for duplicate in again["possible_duplicates"]] == [second["id"]]

    def test_imports_of_one_event_are_no_duplicates_to_review(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        """The provider's id proves it."""
        for api in (as_olive, as_rival):
            api.post(PATH, BODY)
        assert not Duplicate.objects.exists()

    def test_provider_gets_one_request(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        for api in (as_olive, as_rival):
            api.post(PATH, BODY)
        assert len(jazz.calls) == 1

    def test_one_lookup_updates_both(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        for api in (as_olive, as_rival):
            api.post(PATH, BODY)
        change_record(jazz, "Jazz in the Park")
        jazz.calls.clear()
        with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
            tasks.look_at_imported()
            tasks.look_at_imported()
        assert len(jazz.calls) == 1
        assert set(Event.objects.values_list("title", flat=True)) == {"Jazz in the Park"}

    def test_many_imports_of_one_event_do_not_delay_other_lookups(
        self, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        jazz.events += [
            tm_event("G2", "Blues", local=jazz.events[0]["dates"]["start"]["localDate"])
        ]
        owners = [EventFactory.create().created_by for _ in range(9)]
        for owner in owners:
            User.objects.filter(pk=owner.pk).update(is_organizer=True)
            Api(owner).post(PATH, BODY)
        Api(olive).post(
            "/external-events/G2/import/", BODY | {"start_time": "2030-01-01T10:00:00Z"}
        )
        jazz.calls.clear()
        with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
            tasks.look_at_imported()
        assert len(jazz.calls) == 2

    def test_edit_of_one_import_changes_no_other(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        first, second = as_olive.post(PATH, BODY), as_rival.post(PATH, BODY)
        as_olive.patch(f"/events/{first['id']}/", {"title": "Ours"})
        change_record(jazz, "Jazz in the Park")
        update_now(event_id=first["id"], caller=SOMEBODY)
        titles = [Event.objects.get(pk=imported["id"]).title for imported in (first, second)]
        assert titles == ["Ours", "Jazz in the Park"]

    def test_run_updates_both_and_counts_one(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        subscription = subscribe()
        counts_of_run(subscription)
        for api in (as_olive, as_rival):
            api.post(PATH, BODY)
        change_record(jazz, "Jazz in the Park")
        assert counts_of_run(subscription) == {"updated": 1}
        titles = Event.objects.values_list("title", flat=True)
        assert list(titles) == ["Jazz in the Park"] * 3

    def test_cancellation_there_cancels_both(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        first, second = as_olive.post(PATH, BODY), as_rival.post(PATH, BODY)
        change_record(jazz, "Jazz", status="cancelled")
        update_now(event_id=first["id"], caller=SOMEBODY)
        assert as_rival.get(f"/events/{second['id']}/")["status"] == "cancelled"

    def test_event_missing_at_the_provider_is_marked_on_both(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        first = as_olive.post(PATH, BODY)
        as_rival.post(PATH, BODY)
        jazz.events = []
        assert update_now(event_id=first["id"], caller=SOMEBODY) is None
        assert set(Import.objects.values_list("is_gone", flat=True)) == {True}

    def test_erasing_both_leaves_both_without_an_owner(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn, olive: User, sam: User
    ) -> None:
        for api in (as_olive, as_rival):
            api.post(PATH, BODY)
        for person in (olive, sam):
            erase(user_id=person.pk)
        kept: Any = Event.objects.values_list("created_by", "status")
        assert list(kept) == [(None, "cancelled")] * 2


class TestStandingImports:
    def test_standing_import_reuses_the_first_unedited_import(
        self, as_olive: Api, as_rival: Api, jazz: TicketmasterStandIn
    ) -> None:
        for api in (as_olive, as_rival):
            api.post(PATH, BODY)
        assert counts_of_run(subscribe()) == {"unchanged": 1}
        assert Event.objects.count() == 2

    def test_organizer_imports_beside_a_standing_import(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        subscription = subscribe()
        counts_of_run(subscription)
        mine = as_olive.post(PATH, BODY)
        primary = Event.objects.get(external_is_primary=True)
        assert [duplicate["id"] for duplicate in mine["possible_duplicates"]] == [primary.pk]
        assert counts_of_run(subscription) == {"unchanged": 1}

    def test_second_standing_import_reuses_the_event_of_the_first(
        self, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        assert counts_of_run(subscribe(organizer=olive)) == {"created": 1}
        assert counts_of_run(subscribe()) == {"unchanged": 1}
        assert Event.objects.get().created_by == olive

    def test_standing_import_reuses_a_draft_of_its_organizer(
        self, as_olive: Api, olive: User, jazz: TicketmasterStandIn
    ) -> None:
        as_olive.post(PATH, BODY | {"status": "draft"})
        assert counts_of_run(subscribe(organizer=olive)) == {"unchanged": 1}
        assert Event.objects.count() == 1

    def test_event_of_a_deactivated_organizer_is_not_reused(
        self, as_olive: Api, olive: User, jazz: TicketmasterStandIn
    ) -> None:
        """Lists do not show it."""
        as_olive.post(PATH, BODY)
        deactivate(user=olive)
        assert counts_of_run(subscribe()) == {"created": 1}

    def test_readers_get_the_primary_event_before_others(
        self, as_olive: Api, as_rival: Api, as_ada: Api, jazz: TicketmasterStandIn
    ) -> None:
        as_rival.post(PATH, BODY | {"title": "Mine"})
        counts_of_run(subscribe())
        mine = as_olive.post(PATH, BODY | {"status": "draft"})
        primary = Event.objects.get(external_is_primary=True)
        ids = [
            api.get("/external-events/")["results"][0]["imported_event_id"]
            for api in (as_ada, as_olive)
        ]
        assert ids == [primary.pk, mine["id"]]


@pytest.mark.parametrize(
    ("owner", "is_primary"),
    [pytest.param("olive", False, id="owner"), pytest.param(None, True, id="primary")],
)
def test_database_refuses_a_second_one(olive: User, owner: str | None, is_primary: bool) -> None:
    source = {
        "external_provider": "ticketmaster",
        "external_event_id": "G1",
        "created_by": olive if owner else None,
        "external_is_primary": is_primary,
    }
    EventFactory.create(**source)
    with pytest.raises(IntegrityError), transaction.atomic():
        EventFactory.create(**source)
