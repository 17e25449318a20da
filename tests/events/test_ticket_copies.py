"""Ticket types and codes of copied events and of new dates of series."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from events import ticketing
from events.models import DiscountCode, Event, Tally, TicketType, TypeTally
from events.series.extension import extend_series
from events.series.scopes import copy
from events.services.codes import add_code
from events.services.events import cancel_event
from events.services.ticket_types import change_ticket_type
from tests.events.test_ticket_types import add, sell
from tests.factories import EventFactory

pytestmark = pytest.mark.both

WEEKLY = "FREQ=WEEKLY;COUNT=3"


@pytest.fixture(autouse=True)
def _payments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a provider that charges anything."""
    monkeypatch.setattr(ticketing, "_registered", [lambda amounts, currency: None])


@pytest.fixture
def source(event: Event, ada: User) -> Event:
    """Return an event with a sold type, a hidden one, and a used code that unlocks it."""
    closes = event.start_time - timedelta(hours=2)
    standing = add(event, price="12.50", currency="EUR", quantity=9, sales_close_at=closes)
    hidden = add(event, name="Crew", is_hidden=True)
    details = {"code": "CREW", "percent_off": 50, "unlocks": [hidden.pk], "valid_until": closes}
    add_code(event_id=event.pk, details=details)
    sell(standing, 1, ada)
    DiscountCode.objects.update(used=1)
    return event


def contents(event: Event) -> Any:
    """Return types, codes and sums; times are counted back from the start."""
    types = TicketType.objects.filter(event=event)
    codes = DiscountCode.objects.filter(event=event)
    return (
        [
            (
                row.name,
                row.price,
                row.currency,
                row.is_hidden,
                row.sales_close_at and event.start_time - row.sales_close_at,
                (row.tally.quantity, row.tally.taken),
            )
            for row in types
        ],
        [
            (
                row.code,
                row.percent_off,
                row.used,
                row.valid_until and event.start_time - row.valid_until,
                [unlocked.name for unlocked in row.unlocks.filter(event=event)],
            )
            for row in codes
        ],
        Tally.objects.values_list("has_ticket_types", "tickets_left").get(pk=event.pk),
    )


COPIED = (
    [
        ("Standing", 1250, "EUR", False, timedelta(hours=2), (9, 0)),
        ("Crew", 0, "", True, None, (None, 0)),
    ],
    [("CREW", 50, 0, timedelta(hours=2), ["Crew"])],
    (True, 9),
)


def test_copy_has_unsold_types_and_unused_codes(source: Event, olive: User) -> None:
    start = source.start_time + timedelta(days=30)
    copied = copy(event_id=source.pk, organizer=olive, changes={"start_time": start})
    assert contents(copied) == COPIED
    assert Tally.objects.get(pk=source.pk).tickets_left == 8


def test_copy_as_a_series_gives_them_to_every_date(source: Event, olive: User) -> None:
    first = copy(event_id=source.pk, organizer=olive, changes={"recurrence_pattern": WEEKLY})
    assert first.series is not None
    assert [contents(event) for event in first.series.occurrences.all()] == [COPIED] * 3


def test_copy_of_an_event_without_types_has_none(event: Event, olive: User) -> None:
    copied = copy(event_id=event.pk, organizer=olive, changes={})
    assert contents(copied) == ([], [], (False, None))


def test_event_that_becomes_recurring_gives_them_to_its_dates(olive: User, as_olive: Any) -> None:
    event = EventFactory.create(created_by=olive)
    add(event, quantity=4)
    as_olive.patch(f"/events/{event.pk}/", {"recurrence_pattern": WEEKLY})
    event.refresh_from_db()
    assert event.series is not None
    names = [
        [row.name for row in date.ticket_types.all()] for date in event.series.occurrences.all()
    ]
    assert names == [["Standing"]] * 3


class TestExtension:
    @pytest.fixture
    def dates(self, olive: User) -> list[Event]:
        """Return the dates of an endless series, of which the last two are missing."""
        first = EventFactory.create(created_by=olive, recurrence_pattern="weekly")
        series = first.series
        assert series is not None
        dates = list(series.occurrences.order_by("series_day"))
        for missing in dates[-2:]:
            series.occurrences.filter(pk=missing.pk).update(series_day=None, series=None)
        series.next_day = dates[-2].series_day
        series.save()
        return dates[:-2]

    def extend(self, dates: list[Event]) -> list[Event]:
        series = dates[0].series
        assert series is not None
        assert extend_series(series.pk) == 2
        return list(series.occurrences.order_by("series_day"))[-2:]

    def test_new_dates_have_the_types_of_the_latest_one(self, dates: list[Event]) -> None:
        add(dates[0], name="Old")
        add(dates[-1], quantity=3)
        expected: Any = ([("Standing", 0, "", False, None, (3, 0))], [], (True, 3))
        assert [contents(event) for event in self.extend(dates)] == [expected] * 2

    def test_cancelled_dates_are_passed_over(self, dates: list[Event]) -> None:
        add(dates[-1], name="Cancelled")
        add(dates[-2], name="Kept")
        cancel_event(event_id=dates[-1].pk)
        names = [event.ticket_types.get().name for event in self.extend(dates)]
        assert names == ["Kept", "Kept"]

    def test_change_of_one_date_leaves_the_others(self, source: Event, olive: User) -> None:
        first = copy(event_id=source.pk, organizer=olive, changes={"recurrence_pattern": WEEKLY})
        assert first.series is not None
        own = first.ticket_types.get(name="Crew")
        change_ticket_type(event_id=first.pk, type_id=own.pk, changes={"quantity": 5})
        crews = TypeTally.objects.filter(
            ticket_type__event__series=first.series, ticket_type__name="Crew"
        )
        assert list(crews.order_by("pk").values_list("quantity", flat=True)) == [5, None, None]
