"""Search by distance, which is the same on both databases."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.api import pagination
from core.api.fields import fine_degrees
from events.models import Event
from events.search.places import Point, kilometres, within
from tests.client import Api, refusal
from tests.factories import EventFactory, event_body

pytestmark = [pytest.mark.django_db, pytest.mark.both]

BERLIN = "52.5200,13.4050"
PLACES = {
    "Berlin": (52.52, 13.405),
    "Potsdam": (52.3906, 13.0645),
    "Hamburg": (53.5511, 9.9937),
    "Zürich": (47.3769, 8.5417),
    "Sydney": (-33.8688, 151.2093),
    "Nowhere": (None, None),
}


@pytest.fixture
def world(db: None) -> None:
    for title, (latitude, longitude) in PLACES.items():
        EventFactory.create(title=title, latitude=latitude, longitude=longitude)


def put(title: str, latitude: float, longitude: float) -> None:
    EventFactory.create(title=title, latitude=latitude, longitude=longitude)


def titles_found(api: Api, **query: Any) -> list[str]:
    return [event["title"] for event in api.get("/events/search/", **query)["results"]]


def test_results_have_a_distance(as_ada: Api, world: None) -> None:
    """The distances of these cities to a kilometre, on a sphere with radius 6371.0088 km."""
    results = as_ada.get("/events/search/", near=BERLIN)["results"]
    distances = {event["title"]: event["distance_km"] for event in results}
    assert {name: km if km is None else round(km) for name, km in distances.items()} == {
        "Berlin": 0,
        "Potsdam": 27,
        "Hamburg": 255,
        "Zürich": 669,
        "Sydney": 16095,
        "Nowhere": None,
    }


def test_results_without_a_place_in_the_query_have_no_distance(as_ada: Api, world: None) -> None:
    assert "distance_km" not in as_ada.get("/events/search/")["results"][0]


@pytest.mark.parametrize(
    ("km", "expected"),
    [
        ("0.001", ["Berlin"]),
        ("26", ["Berlin"]),
        ("28", ["Berlin", "Potsdam"]),
        ("300", ["Berlin", "Potsdam", "Hamburg"]),
        ("20000", ["Berlin", "Potsdam", "Hamburg", "Zürich", "Sydney"]),
    ],
)
@pytest.mark.parametrize("sort", ["date", "distance"])
def test_radius_excludes_events_outside(
    as_ada: Api, world: None, km: str, expected: list[str], sort: str
) -> None:
    assert titles_found(as_ada, near=BERLIN, radius_km=km, sort=sort) == expected


def test_nearest_come_first_and_events_without_a_place_last(as_ada: Api, world: None) -> None:
    assert titles_found(as_ada, near="-33,151", sort="distance") == [
        "Sydney", "Berlin", "Potsdam", "Hamburg", "Zürich", "Nowhere",
    ]  # fmt: skip


def test_words_filters_and_distance_can_be_combined(as_ada: Api, world: None) -> None:
    put("Berlin too", 52.53, 13.41)
    query: dict[str, Any] = {"q": "berlin", "near": BERLIN, "radius_km": 5}
    assert titles_found(as_ada, **query, sort="distance") == ["Berlin", "Berlin too"]
    assert sorted(titles_found(as_ada, **query)) == ["Berlin", "Berlin too"]
    assert titles_found(as_ada, **query, when="past") == []


@pytest.mark.parametrize("sort", ["date", "distance"])
def test_radius_crosses_the_antimeridian(as_ada: Api, sort: str) -> None:
    put("Taveuni, west", -16.8, 179.95)
    put("Taveuni, east", -16.8, -179.9)
    put("far", -16.8, 170)
    both = ["Taveuni, west", "Taveuni, east"]
    assert titles_found(as_ada, near="-16.8,179.99", radius_km=30, sort=sort) == both
    assert sorted(titles_found(as_ada, near="-16.8,-179.99", radius_km=30, sort=sort)) == sorted(
        both
    )
    assert titles_found(as_ada, near="-16.8,180", radius_km=30, sort=sort) == both


@pytest.mark.parametrize("sort", ["date", "distance"])
def test_radius_includes_the_poles(as_ada: Api, sort: str) -> None:
    put("this side", 89.9, 0)
    put("that side", 89.9, 180)
    put("far", 80, 0)
    put("other end", -89.9, 0)
    assert titles_found(as_ada, near="89.95,0", radius_km=50, sort=sort) == [
        "this side",
        "that side",
    ]
    assert titles_found(as_ada, near="-90,77", radius_km=50, sort=sort) == ["other end"]


def test_pages_of_the_nearest_have_each_event_once(as_ada: Api) -> None:
    for number in range(5):
        put(f"{number}", 52.5, 13.0)
    query = {"near": BERLIN, "sort": "distance", "limit": 2}
    pages = [titles_found(as_ada, **query, page=page) for page in (1, 2, 3)]
    assert pages == [["0", "1"], ["2", "3"], ["4"]]


@pytest.mark.real
def test_pages_of_the_nearest_of_many_have_each_event_once(
    as_ada: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an exact count, the index finds the distance that the page reaches."""
    monkeypatch.setattr(pagination, "COUNT_EXACT_UP_TO", 2)
    for number in range(5):
        put(f"{number}", 52.5, 13.0)
    put("nearer", 52.51, 13.4)
    EventFactory.create(title="nowhere")
    query = {"near": BERLIN, "sort": "distance", "limit": 2}
    pages = [titles_found(as_ada, **query, page=page) for page in (1, 2, 3, 4)]
    assert pages == [["nearer", "0"], ["1", "2"], ["3", "4"], ["nowhere"]]


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ({"near": "999,999"}, "near", "out_of_range"),
        ({"near": "90.1,0"}, "near", "out_of_range"),
        ({"near": "0,180.01"}, "near", "out_of_range"),
        ({"near": "nan,0"}, "near", "invalid"),
        ({"near": "inf,0"}, "near", "invalid"),
        ({"near": "1e1,0"}, "near", "invalid"),
        ({"near": "52"}, "near", "invalid"),
        ({"near": "52,13,1"}, "near", "invalid"),
        ({"near": "Berlin"}, "near", "invalid"),
        ({"near": "٥٢,١٣"}, "near", "invalid"),
        ({"near": BERLIN, "radius_km": "0"}, "radius_km", "min_value"),
        ({"near": BERLIN, "radius_km": "-1"}, "radius_km", "min_value"),
        ({"near": BERLIN, "radius_km": "20001"}, "radius_km", "max_value"),
        ({"near": BERLIN, "radius_km": "nan"}, "radius_km", "invalid"),
        ({"near": BERLIN, "radius_km": "inf"}, "radius_km", "invalid"),
        ({"near": BERLIN, "radius_km": "1e999"}, "radius_km", "invalid"),
        ({"near": BERLIN, "radius_km": "1_0"}, "radius_km", "invalid"),
        ({"near": BERLIN, "radius_km": "far"}, "radius_km", "invalid"),
        ({"radius_km": "5"}, "near", "required"),
        ({"sort": "distance"}, "near", "required"),
        ({"when": "soon"}, "when", "invalid_choice"),
        ({"when": "today", "tz": "Mars/Olympus"}, "tz", "invalid_timezone"),
        ({"facets": "maybe"}, "facets", "invalid_choice"),
        ({"series": "one"}, "series", "invalid"),
    ],
)
def test_invalid_parameter_is_named(
    as_ada: Api, query: dict[str, str], name: str, code: str
) -> None:
    assert refusal(as_ada.get("/events/search/", expect=400, **query)) == ((name, code),)


def test_tiny_coordinates_count_as_zero(as_olive: Api) -> None:
    """PostgreSQL can't calculate with such numbers."""
    body = event_body(latitude=5e-324, longitude=-1e-300)
    made = as_olive.post("/events/", body)
    assert (made["latitude"], made["longitude"]) == (0, 0)
    near = "0.00000000000000000001,0"
    page = as_olive.get("/events/search/", near=near, radius_km=1, sort="distance")
    [found] = page["results"]
    assert (found["id"], found["distance_km"]) == (made["id"], 0)


DEGREES = st.tuples(st.floats(-90, 90).map(fine_degrees), st.floats(-180, 180).map(fine_degrees))


@given(DEGREES, DEGREES, st.floats(0.001, 20_000))
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_bounding_box_contains_the_radius(
    event: Event, place: tuple[float, float], point: tuple[float, float], km: float
) -> None:
    """The database finds every event that the formula puts within the radius, to one metre."""
    Event.objects.filter(pk=event.pk).update(latitude=place[0], longitude=place[1])
    distance = kilometres(*place, *point)
    assert distance is not None
    is_found = within(Event.objects.all(), Point(*point), km).exists()
    assert is_found == (distance <= km) or abs(distance - km) < 0.001
