"""Import of more results than can be paged to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from external_events.models import Run, Subscription
from external_events.services import runs
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = [pytest.mark.embedded, pytest.mark.django_db, pytest.mark.slow]

EVENTS = 1200
DAYS = 100


def payload() -> list[dict[str, Any]]:
    """Return events from next month on, with more on each day."""
    first = datetime.now(UTC).replace(hour=0, minute=0) + timedelta(days=30)
    days = [day for day in range(DAYS) for _ in range(day // 2 + 1)]
    return [
        tm_event(
            f"G{number}",
            f"Jazz {number}",
            local=f"{first + timedelta(days=day, minutes=7 * (number % 200)):%Y-%m-%dT%H:%M}",
            zone="UTC",
        )
        for number, day in enumerate(days[-EVENTS:])
    ]


def test_every_event_behind_the_wall_is_imported_once(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = payload()
    assert len(ticketmaster.events) == EVENTS
    subscription = Subscription.objects.create(provider="ticketmaster", query="jazz")
    run, _ = runs.start_run(subscription_id=subscription.pk)
    while (claimed := runs.claim_due()) is not None:
        runs.step(claimed)
    run.refresh_from_db()
    assert (run.state, run.is_truncated, run.total) == (Run.State.DONE, False, EVENTS)
    assert (run.seen, run.created) == (EVENTS, EVENTS)
    assert set(Event.objects.values_list("external_event_id", flat=True)) == {
        event["id"] for event in ticketmaster.events
    }
    assert max(int(query["page"]) for query in ticketmaster.queries) < 5
