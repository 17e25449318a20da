"""Rows of a provider that are one show, and rows that are different shows."""

from typing import Any

import pytest

from external_events.models import Duplicate
from external_events.services.show_titles import ShowTitle
from tests.client import Api
from tests.external_events.test_following import apply_update
from tests.external_events.test_runs import ran, subscribe
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.slow

BODY = {"provider": "ticketmaster"}
DAY = "2027-05-01T"

# Two rows of Ticketmaster at one venue, each with its title and start.
ONE_SHOW = {
    "the same twice": ("The Night Owls 19:30", "The Night Owls 19:30"),
    "the order of words": ("The Night Owls Live 19:30", "Live: The Night Owls 19:30"),
    "VIP": ("The Night Owls 19:30", "The Night Owls - VIP Packages 19:30"),
    "VIP first": ("VIP Experience: The Night Owls 18:45", "The Night Owls 19:30"),
    "meet and greet": ("The Night Owls 19:30", "The Night Owls Meet & Greet Upgrade 18:30"),
    "hospitality": ("The Night Owls 19:30", "The Night Owls (Hospitality) 19:30"),
    "parking": ("The Night Owls 19:30", "PARKING PASSES ONLY The Night Owls 19:30"),
    "parking hours before": ("The Night Owls 19:30", "Parking: The Night Owls 16:00"),
    "VIP and parking": ("The Night Owls - VIP 19:30", "Parking: The Night Owls 19:30"),
    "a longer name with VIP": ("Night Owls 19:30", "Night Owls: Silent Flight Tour VIP 19:30"),
    "slots of half an hour": ("Old Masters 10:00", "Old Masters 10:30"),
    "slots with their times": ("Old Masters (10:00 AM) 10:00", "Old Masters (11:00 AM) 11:00"),
    "entries of one day": ("Old Masters – Timed Entry 10:00", "Old Masters – Timed Entry 16:00"),
    "entries from to": ("Old Masters 10:00-11:00 10:00", "Old Masters 15:00-16:00 15:00"),
    "another case": ("ÉMILE ET LUI 19:30", "Émile et lui – VIP 19:30"),
}
OTHER_SHOWS = {
    "two evening shows": ("Comedy Night 19:00", "Comedy Night 21:30"),
    "shows that name their times": ("Comedy Night (7 PM) 19:00", "Comedy Night (9:30 PM) 21:30"),
    "early and late": ("Comedy Night - Early Show 18:30", "Comedy Night - Late Show 21:00"),
    "a matinee": ("Hamlet 14:00", "Hamlet 19:30"),
    "a matinee and VIP of the evening": ("Hamlet 14:00", "Hamlet – VIP 19:30"),
    "an evening and VIP of the matinee": ("Hamlet – VIP 14:00", "Hamlet 19:30"),
    "parking after the show": ("Hamlet 14:00", "Parking: Hamlet 19:00"),
    "another act": ("The Night Owls 19:30", "The Day Larks 19:30"),
    "parking of another act": ("The Night Owls 19:30", "Parking: The Day Larks 19:30"),
    "two workshops": ("Expo: Workshop A 10:00", "Expo: Workshop B 10:00"),
    "a part of a fair": ("Expo 10:00", "Expo: Opening Speech 10:00"),
    "numbered sessions": ("Open, Session 1 - VIP 11:00", "Open, Session 2 - VIP 11:30"),
    "numbered parts": ("Dune Part 1 19:30", "Dune Part 2 19:30"),
    "extras alone": ("VIP Parking 19:30", "Parking 19:30"),
}


def two_rows(rows: tuple[str, str]) -> list[dict[str, Any]]:
    split = (row.rpartition(" ") for row in rows)
    return [
        tm_event(f"G{index}", title, local=f"{DAY}{start}")
        for index, (title, _, start) in enumerate(split)
    ]


def suggested(api: Api, first: str = "G0", second: str = "G1") -> list[bool]:
    """Return whether each of two imports has the other as a possible duplicate."""
    ids = [
        api.post(f"/external-events/{external_id}/import/", BODY)["id"]
        for external_id in (first, second)
    ]
    again = [
        api.post(f"/external-events/{external_id}/import/", BODY, expect=200)
        for external_id in (first, second)
    ]
    named = [[duplicate["id"] for duplicate in event["possible_duplicates"]] for event in again]
    return [named[0] == [ids[1]], named[1] == [ids[0]]]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "reversed"])
@pytest.mark.parametrize("rows", ONE_SHOW.values(), ids=ONE_SHOW.keys())
def test_rows_of_one_show_are_suggested(
    as_olive: Api, ticketmaster: TicketmasterStandIn, rows: tuple[str, str], order: tuple[int, int]
) -> None:
    ticketmaster.events = two_rows(rows)
    assert suggested(as_olive, *(f"G{index}" for index in order)) == [True, True]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "reversed"])
@pytest.mark.parametrize("rows", OTHER_SHOWS.values(), ids=OTHER_SHOWS.keys())
def test_other_shows_are_not_suggested(
    as_olive: Api, ticketmaster: TicketmasterStandIn, rows: tuple[str, str], order: tuple[int, int]
) -> None:
    ticketmaster.events = two_rows(rows)
    assert suggested(as_olive, *(f"G{index}" for index in order)) == [False, False]
    assert not Duplicate.objects.exists()


def test_row_at_another_venue_is_another_show(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = two_rows(ONE_SHOW["VIP"])
    ticketmaster.events[1]["_embedded"]["venues"][0]["location"]["latitude"] = "52.5"
    assert suggested(as_olive) == [False, False]


def test_venue_without_coordinates_counts_by_its_name(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = two_rows(ONE_SHOW["parking"])
    venue = ticketmaster.events[1]["_embedded"]["venues"][0]
    del venue["location"]
    venue["name"] = "The Cellar Parking"
    assert suggested(as_olive) == [True, True]


def test_entries_of_another_day_are_not_suggested(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    """Midnight in UTC is still the same evening there, and noon is another day."""
    ticketmaster.events = [
        tm_event("G0", "Old Masters – Timed Entry", local="2027-05-01T20:00"),
        tm_event("G1", "Old Masters – Timed Entry", local="2027-05-02T10:00"),
    ]
    assert suggested(as_olive) == [False, False]


@pytest.mark.django_db
def test_run_counts_rows_of_one_show(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [
        tm_event("G0", "The Night Owls", local=f"{DAY}19:30"),
        tm_event("G1", "The Night Owls - VIP", local=f"{DAY}19:30"),
        tm_event("G2", "The Night Owls - Matinee", local=f"{DAY}14:00"),
    ]
    run = ran(subscribe(query="owls"))
    assert (run.created, run.duplicates, Duplicate.objects.count()) == (3, 1, 1)


def test_row_that_the_provider_moves_or_renames_is_suggested(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = [
        tm_event("G0", "The Night Owls", local=f"{DAY}19:30"),
        tm_event("G5vYZ", "The Night Owls", local=f"{DAY}14:00"),
    ]
    assert suggested(as_olive, "G0", "G5vYZ") == [False, False]
    ticketmaster.events[1] = tm_event("G5vYZ", "The Night Owls – VIP", local=f"{DAY}19:00")
    apply_update()
    assert Duplicate.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "show"),
    [
        ("The Night Owls", "night owls"),
        ("Doors 7 p.m.: Night Owls", "doors night owls"),
        ("Concert, 19 Uhr", "concert"),
        ("Night Owls, 19h30", "night owls"),
        ("U2 at 20.30", "u2"),
        ("1984", "1984"),
        ("The Nutcracker Suite", "nutcracker suite"),
        ("東京ナイト 19:30", "東京ナイト"),
        ("VIP Parking", ""),
    ],
    ids=str,
)
def test_show_is_what_no_row_adds(text: str, show: str) -> None:
    assert sorted(ShowTitle(text).show) == show.split()
