"""Endpoints of standing imports, for admins."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.erasure import erase
from events.models import Event
from external_events import tasks
from external_events.models import Run, Subscription
from external_events.services.subscriptions import create_subscription
from tests.client import Api, refusal
from tests.factories import CategoryFactory
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

PATH = "/external-events/subscriptions/"
BODY = {"provider": "ticketmaster", "query": "jazz", "location": "London", "every": "weekly"}


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [tm_event(f"G{index}", f"Jazz {index}") for index in range(2)]
    return ticketmaster


def test_admin_subscribes(as_alma: Api, olive: User) -> None:
    music = CategoryFactory.create(name="Music", slug="music")
    more = {"category_id": music.pk, "organizer_id": olive.pk, "limit": 50, "days_ahead": 90}
    created = as_alma.post(PATH, BODY | more)
    assert created == as_alma.get(f"{PATH}{created['id']}/")
    for name in ("id", "next_run_at", "created_at", "updated_at"):
        assert created.pop(name) is not None
    assert created == BODY | {
        "days_ahead": 90,
        "limit": 50,
        "dry_run": False,
        "is_active": True,
        "category": {"id": music.pk, "name": "Music", "slug": "music"},
        "organizer": {"id": olive.pk, "username": "olive", "display_name": "olive"},
        "last_run": None,
        "runs": [],
    }


def test_run_responds_at_once_and_is_shown_when_finished(
    as_alma: Api, jazz: TicketmasterStandIn
) -> None:
    path = f"{PATH}{as_alma.post(PATH, BODY | {'every': 'once'})['id']}/"
    run = as_alma.post(f"{path}run/", expect=202)
    assert (run["state"], run["seen"], jazz.calls) == ("running", 0, [])
    assert as_alma.post(f"{path}run/", expect=200)["id"] == run["id"]
    tasks.work_on_runs()
    done = as_alma.get(path)
    assert done["runs"] == [done["last_run"]]
    names = ("id", "state", "total", "seen", "new", "updated", "unchanged", "cancelled", "failed")
    assert {name: done["last_run"][name] for name in names} == {
        "id": run["id"],
        "state": "done",
        "total": 2,
        "seen": 2,
        "new": 2,
        "updated": 0,
        "unchanged": 0,
        "cancelled": 0,
        "failed": 0,
    }
    assert Event.objects.count() == 2


def test_run_may_be_dry(as_alma: Api, jazz: TicketmasterStandIn) -> None:
    path = f"{PATH}{as_alma.post(PATH, BODY | {'every': 'once'})['id']}/"
    as_alma.post(f"{path}run/", {"dry_run": True}, expect=202)
    tasks.work_on_runs()
    last = as_alma.get(path)["last_run"]
    assert (last["dry_run"], last["new"], Event.objects.count()) == (True, 2, 0)


def test_omitted_fields_are_kept(as_alma: Api) -> None:
    created = as_alma.post(PATH, BODY)
    path = f"{PATH}{created['id']}/"
    changed = as_alma.patch(path, {"query": "blues"})
    assert changed | {"updated_at": 0} == created | {"query": "blues", "updated_at": 0}
    paused = as_alma.put(path, {"is_active": False})
    assert (paused["is_active"], paused["next_run_at"]) == (False, None)
    assert as_alma.patch(path, {"is_active": True})["next_run_at"] is not None


def test_deleted_standing_import_keeps_its_events(as_alma: Api, jazz: TicketmasterStandIn) -> None:
    path = f"{PATH}{as_alma.post(PATH, BODY)['id']}/"
    tasks.work_on_runs()
    as_alma.delete(path)
    as_alma.get(path, expect=404)
    assert (Event.objects.count(), Run.objects.count()) == (2, 0)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"provider": "eventbrite"}, "provider", "invalid_choice"),
        ({"query": "", "location": ""}, "query", "required"),
        ({"every": "second"}, "every", "invalid_choice"),
        ({"limit": 0}, "limit", "min_value"),
        ({"days_ahead": 731}, "days_ahead", "max_value"),
        ({"query": "x" * 201}, "query", "max_length"),
        ({"location": "a\u202eb"}, "location", "control_characters"),
        ({"category_id": 999999}, "category_id", "does_not_exist"),
        ({"organizer_id": 999999}, "organizer_id", "does_not_exist"),
        ({"dry_run": "perhaps"}, "dry_run", "invalid"),
    ],
)
def test_invalid_standing_import_is_refused(
    as_alma: Api, changes: dict[str, Any], field: str, code: str
) -> None:
    assert refusal(as_alma.post(PATH, BODY | changes, expect=400)) == ((field, code),)
    assert not Subscription.objects.exists()


def test_attendee_cannot_be_the_organizer(as_alma: Api, ada: User) -> None:
    problem = as_alma.post(PATH, BODY | {"organizer_id": ada.pk}, expect=400)
    assert refusal(problem) == (("organizer_id", "does_not_exist"),)


def test_words_and_place_cannot_both_be_empty(as_alma: Api) -> None:
    path = f"{PATH}{as_alma.post(PATH, BODY | {'location': ''})['id']}/"
    problem = as_alma.patch(path, {"query": ""}, expect=400)
    assert refusal(problem) == (("query", "required"),)


def test_only_admins_have_access(as_alma: Api, as_olive: Api, as_nobody: Api) -> None:
    path = f"{PATH}{as_alma.post(PATH, BODY)['id']}/"
    for api, status in ((as_olive, 403), (as_nobody, 401)):
        api.get(PATH, expect=status)
        api.post(PATH, BODY, expect=status)
        api.get(path, expect=status)
        api.patch(path, {"query": "blues"}, expect=status)
        api.delete(path, expect=status)
        api.post(f"{path}run/", expect=status)


def test_unknown_subscription_is_not_found(as_alma: Api) -> None:
    path = f"{PATH}999999/"
    as_alma.get(path, expect=404)
    as_alma.patch(path, {}, expect=404)
    as_alma.delete(path, expect=404)
    as_alma.post(f"{path}run/", expect=404)


def test_list_has_a_constant_number_of_queries(as_alma: Api, olive: User) -> None:
    as_alma.get(PATH)  # so that the user is cached
    numbers = []
    for _ in range(2):
        for _ in range(2):
            subscription = create_subscription(details=BODY | {"organizer": olive})
            Subscription.objects.filter(pk=subscription.pk).update(
                last_run=Run.objects.create(subscription=subscription, state="done")
            )
        with CaptureQueriesContext(connection) as queries:
            as_alma.get(PATH)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_standing_imports_continue_without_an_erased_organizer(as_alma: Api, olive: User) -> None:
    created = as_alma.post(PATH, BODY | {"organizer_id": olive.pk})
    erase(user_id=olive.pk)
    assert as_alma.get(f"{PATH}{created['id']}/")["organizer"] is None
