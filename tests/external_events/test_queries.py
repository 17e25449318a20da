"""Number of queries of external events: the same for one and for three."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from external_events.models import Subscription
from external_events.services.runs import claim_due, start_run, step
from external_events.services.subscriptions import create_subscription
from tests.client import Api
from tests.factories import UserFactory
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.both


@pytest.fixture(params=[1, 3], ids=["1 item", "3 items"])
def items(request: pytest.FixtureRequest, ticketmaster: TicketmasterStandIn) -> int:
    number: int = request.param
    ticketmaster.events = [tm_event(f"G{index}", f"Jazz {index}") for index in range(number)]
    return number


def statements(api: Api, method: str, path: str, *args: Any, **more: Any) -> int:
    api.get("/users/profile/")  # so that the user is cached
    with CaptureQueriesContext(connection) as captured:
        getattr(api, method)(path, *args, **more)
    return len(captured)


def imported_by_a_run() -> None:
    details = {"provider": "ticketmaster", "query": "jazz", "every": "once"}
    run, _ = start_run(subscription_id=create_subscription(details=details).pk)
    claimed = claim_due(run_id=run.pk)
    assert claimed is not None
    step(claimed)


def test_search_marks_imported_events(as_ada: Api, items: int) -> None:
    imported_by_a_run()
    assert statements(as_ada, "get", "/external-events/") == 1


def test_existing_import_is_returned(as_olive: Api, olive: User, items: int) -> None:
    """Queries: existing import, event, tags, duplicates, other imports, my_rsvp."""
    path, body = "/external-events/G0/import/", {"provider": "ticketmaster"}
    as_olive.post(path, body)
    for organizer in UserFactory.create_batch(items, is_organizer=True):
        Api(organizer).post(path, body)
    assert statements(as_olive, "post", path, body, expect=200) == 6


def test_update_has_a_constant_number_of_queries(as_olive: Api, items: int) -> None:
    """Queries of an unchanged page of a run."""
    imported_by_a_run()
    for organizer in UserFactory.create_batch(items, is_organizer=True):
        Api(organizer).post("/external-events/G0/import/", {"provider": "ticketmaster"})
    subscription = Subscription.objects.get()
    for _ in range(2):
        run, _ = start_run(subscription_id=subscription.pk)
        claimed = claim_due(run_id=run.pk)
        assert claimed is not None
        with CaptureQueriesContext(connection) as captured:
            step(claimed)
    assert len(captured) == 7


def test_standing_import_with_its_runs(as_alma: Api, items: int) -> None:
    """Queries: the standing import with its last run, and its runs."""
    details = {"provider": "ticketmaster", "query": "jazz", "every": "once"}
    subscription = create_subscription(details=details)
    for _ in range(items):
        run, _ = start_run(subscription_id=subscription.pk)
        claimed = claim_due(run_id=run.pk)
        assert claimed is not None
        step(claimed)
    assert statements(as_alma, "get", f"/external-events/subscriptions/{subscription.pk}/") == 2
