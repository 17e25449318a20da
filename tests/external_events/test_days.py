"""`date_from` and `date_to` are days at the venue, in any time zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from events.models import Event
from external_events import tasks
from external_events.models import Run
from external_events.providers.base import ProviderPage, Query
from external_events.records import ExternalEvent
from external_events.services import search
from external_events.services.day_pages import BLOCK, page_of_days
from tests.client import Api
from tests.external_events.test_runs import ran, subscribe
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

Page = Callable[..., str]
PATH = "/external-events/"
ZONES = [
    "Pacific/Honolulu", "America/St_Johns", "Europe/London", "Asia/Kathmandu", "Pacific/Auckland",
    "Pacific/Kiritimati", "Etc/GMT+12",
]  # fmt: skip
# The first and last minutes of the days from 10 to 12 July, and around them.
STARTS = {
    "2027-07-09T23:59": False,
    "2027-07-10T00:00": True,
    "2027-07-11T12:00": True,
    "2027-07-12T23:59": True,
    "2027-07-13T00:00": False,
}
INSIDE = [start for start, is_inside in STARTS.items() if is_inside]
DAYS = "date_from=2027-07-10&date_to=2027-07-12"


def titles(page: dict[str, Any]) -> list[str]:
    return [event["title"] for event in page["results"]]


class TestBothProviders:
    @pytest.mark.parametrize("zone", ZONES)
    def test_ticketmaster_events_are_found_by_the_day_at_the_venue(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, zone: str
    ) -> None:
        ticketmaster.events = [
            tm_event(f"G{index}", start, local=start, zone=zone)
            for index, start in enumerate(STARTS)
        ]
        page = as_ada.get(f"{PATH}?provider=ticketmaster&{DAYS}")
        assert (titles(page), page["count"], page["provider_total"]) == (INSIDE, 3, 3)

    @pytest.mark.parametrize("zone", ZONES)
    def test_seatgeek_events_are_found_by_the_day_at_the_venue(
        self, as_ada: Api, seatgeek: SeatGeekStandIn, zone: str
    ) -> None:
        seatgeek.events = [
            sg_event(index + 1, start, local=start, zone=zone) for index, start in enumerate(STARTS)
        ]
        page = as_ada.get(f"{PATH}?provider=seatgeek&{DAYS}")
        assert (titles(page), page["count"], page["provider_total"]) == (INSIDE, 3, 3)

    @pytest.mark.parametrize(
        ("days", "found"),
        [
            ("date_from=2027-07-12", ["2027-07-12T23:59", "2027-07-13T00:00"]),
            ("date_to=2027-07-10", ["2027-07-09T23:59", "2027-07-10T00:00"]),
        ],
        ids=["from", "to"],
    )
    def test_single_bound_is_a_day_at_the_venue(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, days: str, found: list[str]
    ) -> None:
        ticketmaster.events = [
            tm_event(f"G{index}", start, local=start, zone="Pacific/Honolulu")
            for index, start in enumerate(STARTS)
        ]
        assert titles(as_ada.get(f"{PATH}?{days}")) == found

    def test_event_without_an_hour_is_found_by_its_day(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        days = ("2027-07-09", "2027-07-10", "2027-07-12", "2027-07-13")
        ticketmaster.events = [tm_event(f"G{day}", day, local=day) for day in days]
        assert titles(as_ada.get(f"{PATH}?{DAYS}")) == ["2027-07-10", "2027-07-12"]

    def test_event_without_a_day_is_excluded(self, as_ada: Api, seatgeek: SeatGeekStandIn) -> None:
        event = sg_event(local="2027-07-11") | {"date_tbd": True, "datetime_tbd": True}
        seatgeek.events = [event]
        page = as_ada.get(f"{PATH}?{DAYS}")
        assert (page["count"], page["results"]) == (0, [])


class TestPages:
    """Events of one day in two zones, mixed in UTC with events of the days next to it."""

    @pytest.fixture
    def mixed(self, ticketmaster: TicketmasterStandIn) -> list[str]:
        inside = []
        start = datetime(2027, 7, 9, 0, 0)
        for index in range(260):
            local = start + timedelta(minutes=17 * index)
            zone = "Pacific/Honolulu" if index % 2 else "Pacific/Auckland"
            event = tm_event(
                f"G{index:04}", f"No. {index}", local=f"{local:%Y-%m-%dT%H:%M}", zone=zone
            )
            ticketmaster.events.append(event)
            if local.date() == date(2027, 7, 10):
                inside.append(f"No. {index}")
        return inside

    @pytest.mark.parametrize("limit", [7, 20, 100])
    def test_pages_have_each_event_once(
        self, as_ada: Api, mixed: list[str], ticketmaster: TicketmasterStandIn, limit: int
    ) -> None:
        path: str | None = f"{PATH}?date_from=2027-07-10&date_to=2027-07-10&limit={limit}"
        found: list[str] = []
        counts = set()
        while path:
            page = as_ada.get(path)
            if page["next"]:
                assert len(page["results"]) == limit
            found += titles(page)
            counts.add((page["count"], page["provider_total"]))
            path = page["next"] and page["next"].partition("/api")[2]
        assert sorted(found) == sorted(mixed)
        assert counts == {(len(mixed), len(mixed))}
        # Other pages, also of another length, use the blocks of the first one.
        assert len(ticketmaster.calls) == 2

    def test_page_past_the_end_is_404(self, as_ada: Api, mixed: list[str]) -> None:
        path = f"{PATH}?date_from=2027-07-10&date_to=2027-07-10&limit=50"
        as_ada.get(f"{path}&page={len(mixed) // 50 + 2}", expect=404)

    def test_pages_go_up_to_the_provider_s_wall(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [
            tm_event(f"G{index:04}", f"No. {index}", local="2027-07-10T19:30")
            for index in range(1010)
        ]
        page = as_ada.get(f"{PATH}?date_from=2027-07-10&limit=100&page=10")
        assert (page["count"], page["provider_total"], page["next"]) == (1000, 1010, None)
        assert len(page["results"]) == 100

    def test_days_are_cached_for_outages(
        self, as_ada: Api, mixed: list[str], ticketmaster: TicketmasterStandIn
    ) -> None:
        path = f"{PATH}?date_from=2027-07-10&date_to=2027-07-10"
        first = as_ada.get(path)
        ticketmaster.events = []
        assert as_ada.get(path) == first

    def test_search_of_another_day_is_not_cached(
        self, as_ada: Api, mixed: list[str], ticketmaster: TicketmasterStandIn
    ) -> None:
        counts = [
            as_ada.get(f"{PATH}?date_from={day}&date_to={day}")["count"]
            for day in ("2027-07-09", "2027-07-10", "2027-07-11")
        ]
        assert counts == [85, len(mixed), 85]

    def test_page_without_time_left_sends_no_request(
        self,
        as_ada: Api,
        mixed: list[str],
        ticketmaster: TicketmasterStandIn,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """All requests of one page share a deadline."""
        monkeypatch.setattr(search, "DEADLINE_S", 0.0)
        as_ada.get(f"{PATH}?date_from=2027-07-10&date_to=2027-07-10", expect=503)
        assert ticketmaster.calls == []


class TestBlocks:
    """Only the blocks at both ends and those of the page are read."""

    @staticmethod
    def fetched(inside: range, *, of: int, page: int, reachable: int = 10_000) -> Any:
        numbers: list[int] = []

        def fetch_block(number: int) -> ProviderPage:
            numbers.append(number)
            places = range((number - 1) * BLOCK, min(number * BLOCK, of))
            days = (date(2027, 7, 10 if place in inside else 9) for place in places)
            records = tuple(
                ExternalEvent(provider="test", external_id=str(place), title="x", local_date=day)
                for place, day in zip(places, days, strict=True)
            )
            return ProviderPage(total=of, records=records)

        query = Query(first_day=date(2027, 7, 10), last_day=date(2027, 7, 10))
        found, count = page_of_days(
            query, page=page, size=20, reachable=reachable, fetch_block=fetch_block
        )
        ids = [int(record.external_id) for record in found.records]
        return count, ids[:1], len(ids), numbers

    @pytest.mark.parametrize(
        ("inside", "of", "page", "expected"),
        [
            (range(30), 30, 1, (30, [0], 20, [1])),
            (range(40, 70), 100, 1, (30, [40], 20, [1])),
            (range(2000), 2000, 1, (2000, [0], 20, [1, 20])),
            (range(2000), 2000, 40, (2000, [780], 20, [1, 20, 8])),
            (range(150, 1950), 2000, 1, (1800, [150], 20, [1, 2, 3, 20, 19])),
            (range(150, 1950), 2000, 3, (1800, [190], 20, [1, 2, 3, 20, 19])),
            (range(150, 1950), 2000, 90, (1800, [1930], 20, [1, 2, 3, 20, 19])),
            (range(0), 300, 1, (0, [], 0, [1, 2, 3])),
            (range(0), 0, 1, (0, [], 0, [1])),
        ],
        ids=[
            "one block", "both ends in one", "all inside", "page in the middle", "both ends",
            "across two blocks", "last page", "nothing inside", "nothing at all",
        ],
    )  # fmt: skip
    def test_blocks_that_are_read(
        self, inside: range, of: int, page: int, expected: tuple[Any, ...]
    ) -> None:
        assert self.fetched(inside, of=of, page=page) == expected

    def test_unreachable_pages_are_not_read(self) -> None:
        result = self.fetched(range(5000), of=5000, page=1, reachable=1000)
        assert result == (1000, [0], 20, [1])


class TestElsewhere:
    def test_admin_finds_by_the_day_at_the_venue(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [
            tm_event(f"G{index}", f"Show at {start}", local=start, zone="Pacific/Honolulu")
            for index, start in enumerate(STARTS)
        ]
        page = admin_page(f"/external_events/import/find/?provider=ticketmaster&{DAYS}")
        assert [start for start in STARTS if f"Show at {start}" in page] == INSIDE
        assert "3 at Ticketmaster" in page

    @pytest.mark.django_db
    @pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland"])
    @time_machine.travel(datetime(2027, 7, 9, 9, 0, tzinfo=UTC))
    def test_run_includes_the_whole_last_day(
        self, ticketmaster: TicketmasterStandIn, zone: str
    ) -> None:
        ticketmaster.events = [
            tm_event(f"G{index}", f"Jazz at {start}", local=start, zone=zone)
            for index, start in enumerate(STARTS)
        ]
        run = ran(subscribe(days_ahead=4))  # from the 9th to the 12th
        assert run.state == Run.State.DONE
        started = Event.objects.order_by("start_time").values_list("title", flat=True)
        assert [title.removeprefix("Jazz at ") for title in started][-3:] == INSIDE

    @pytest.mark.django_db
    def test_run_cancels_an_event_without_a_day(self, seatgeek: SeatGeekStandIn) -> None:
        local = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T19:30"
        seatgeek.events = [sg_event(4711, "Jazz", local=local)]
        subscription = subscribe(provider="seatgeek")
        ran(subscription)
        seatgeek.events[0] |= {"date_tbd": True, "datetime_tbd": True, "status": "cancelled"}
        assert ran(subscription).cancelled == 1
        assert Event.objects.get().status == Event.Status.CANCELLED

    def test_import_of_all_results_matches_the_search(
        self, admin_page: Page, ticketmaster: TicketmasterStandIn
    ) -> None:
        last = datetime.now(UTC).date() + timedelta(days=5)
        next_day = last + timedelta(days=1)
        ticketmaster.events = [
            tm_event(f"G{index}", f"Jazz at {start}", local=start, zone="Pacific/Honolulu")
            for index, start in enumerate((f"{last}T23:59", f"{next_day}T00:00"))
        ]
        find = f"/external_events/import/find/?provider=ticketmaster&query=jazz&date_to={last}"
        shown = admin_page(find)
        assert (f"Jazz at {last}" in shown, f"Jazz at {next_day}" in shown) == (True, False)
        admin_page(find, {"what": "all", "status": "published", "organizer": ""})
        tasks.work_on_runs()
        assert Event.objects.get().title == f"Jazz at {last}T23:59"
