"""How many queries each endpoint costs: the same for one row and for three.

Authentication costs none: who is asking is known from the request before.
"""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.series.creation import create_series
from events.services.events import update_event
from events.services.helpers import add_helper
from notifications.kinds import Channel
from notifications.services import add_device, set_preferences
from reviews.services import reply_to_review
from rsvp.services import join_event
from tests.client import Api
from tests.factories import (
    CategoryFactory,
    EventFactory,
    TagFactory,
    end,
    event_body,
    fill,
    people,
)
from tests.notifications.told import sent_by, tell
from tests.reviews.past import past_event, review, reviewed
from tests.rsvp.dates import series_with
from tests.settings import IS_REAL

pytestmark = [pytest.mark.both, pytest.mark.slow]


def statements(api: Api, path: str, **query: Any) -> int:
    api.get("/users/profile/")  # from then on it is known who is asking
    with CaptureQueriesContext(connection) as captured:
        api.get(path, **query)
    return len(captured)


# PostgreSQL itself marks the hits of the page, in a query more.
SEARCHED = 4 + IS_REAL


@pytest.fixture(params=[1, 3], ids=["1 item", "3 items"])
def events(request: pytest.FixtureRequest, ada: User) -> list[Event]:
    """So many full events, each with so many tags, attendees and people in line."""
    number: int = request.param
    events = EventFactory.create_batch(number, max_attendees=number)
    for event in events:
        event.category = CategoryFactory.create()
        event.save()
        event.tags.set(TagFactory.create_batch(number))
        fill(event, 2 * number)
        join_event(event_id=event.pk, attendee=ada)
    return events


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/events/", 4),  # count, page, tags, my_rsvp
        ("/events/search/", 4),
        ("/events/search/?q=event", SEARCHED),
        ("/events/search/?q=event&facets=true", SEARCHED + 2),
        ("/events/search/?near=52,13&radius_km=5&sort=distance", 1),
        ("/events/?when=weekend&tz=Europe/Berlin&series=1", 1),
        ("/events/suggest/?q=event", 1),
        ("/events/?tags=1,2&organizer=olive&is_full=true&title=event", 1),
        ("/rsvps/", 2),
        ("/categories/", 2),
        ("/tags/", 2),
    ],
)
def test_lists(as_ada: Api, events: list[Event], path: str, expected: int) -> None:
    assert statements(as_ada, path) == expected


def test_recommended(as_ada: Api, ada: User, events: list[Event]) -> None:
    """Interests, answers, their tags, events by category and by tag, the tags they share; then
    count, page, tags and my_rsvp as any list."""
    for event in events:
        assert event.category
        ada.interests.add(event.category)
        EventFactory.create(category=event.category, tags=list(event.tags.all()))
    assert statements(as_ada, "/events/recommended/") == 10


@pytest.fixture(params=[1, 3], ids=["1 item", "3 items"])
def told(request: pytest.FixtureRequest, ada: User) -> int:
    """So many notifications with so many deliveries each, and so many devices."""
    number: int = request.param
    for each in range(number):
        notification = tell(ada, occasion=f"answer {each}")
        for address in range(number):
            sent_by(notification, Channel.PUSH, address=str(address))
        add_device(user_id=ada.pk, token=f"token-{each}", platform="web")
    return number


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/notifications/", 3),  # count, page, deliveries
        ("/notifications/?unread=true", 3),
        ("/notifications/?unread=false", 1),
        ("/notifications/preferences/", 1),
        ("/devices/", 2),
    ],
)
def test_what_one_was_told(as_ada: Api, told: int, path: str, expected: int) -> None:
    assert statements(as_ada, path) == expected


@pytest.mark.parametrize("leads", [1, 3])
def test_preferences_ask_once_more_for_lead_times(as_ada: Api, ada: User, leads: int) -> None:
    set_preferences(user_id=ada.pk, changes={"reminder_minutes": [60, 120, 180][:leads]})
    assert statements(as_ada, "/notifications/preferences/") == 2
    assert statements(as_ada, "/users/profile/") == 4  # the address and interests besides


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # Sums, answers by status, seats by person, who gave up, the line, stars, days, what is
        # next, what was, hours, categories.
        ("/analytics/overview/", 11),
        ("/analytics/popular-events/", 3),  # the ranking, count, page
    ],
)
def test_numbers(as_alma: Api, events: list[Event], path: str, expected: int) -> None:
    assert statements(as_alma, path) == expected


def test_numbers_of_one_event(as_alma: Api, events: list[Event]) -> None:
    """The event, and of the above what one event has, with its arrivals and who came before."""
    assert statements(as_alma, f"/events/{events[0].pk}/analytics/") == 10


def test_empty_list_asks_for_the_count_only(as_ada: Api) -> None:
    assert statements(as_ada, "/events/") == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", 3),  # event, tags, my_rsvp
        ("calendar.ics", 2),  # event, tags
        ("rsvp/", 2),  # event, answer
        ("attendees/", 4),  # event, is it a helper, count, page
        ("attendees/?status=interested", 3),
    ],
)
def test_one_event(as_ada: Api, events: list[Event], path: str, expected: int) -> None:
    assert statements(as_ada, f"/events/{events[0].pk}/{path}") == expected


@pytest.mark.parametrize("number", [1, 3])
def test_helpers(as_olive: Api, olive: User, number: int) -> None:
    """Event, count, page."""
    event = EventFactory.create(created_by=olive)
    for person in people(number):
        add_helper(event_id=event.pk, username=person.username)
    assert statements(as_olive, f"/events/{event.pk}/staff/") == 3


@pytest.mark.parametrize("number", [1, 3])
def test_reviews_of_an_event(as_ada: Api, number: int) -> None:
    event = past_event()
    for written in reviewed(event, *[5] * number):
        reply_to_review(review_id=written.pk, by=written.author, reply="Thanks.")
    assert statements(as_ada, f"/events/{event.pk}/reviews/") == 3  # event, count, page
    assert statements(as_ada, f"/events/{event.pk}/reviews/{written.pk}/") == 2


@pytest.mark.parametrize("number", [1, 3])
def test_file_of_a_series(as_ada: Api, olive: User, number: int) -> None:
    """The series, and its dates: those that are renamed as well."""
    rule = f"FREQ=DAILY;COUNT={number}"
    start = timezone.now() + timedelta(days=7)
    details = {"title": "Jazz", "start_time": start, "end_time": start + timedelta(hours=2)}
    first = create_series(organizer=olive, details=details, recurrence_pattern=rule)
    for row in Event.objects.filter(series=first.series_id):
        changes = {"title": "Blues", "category": CategoryFactory.create()}
        update_event(event_id=row.pk, changes=changes)
    assert statements(as_ada, f"/series/{first.series_id}/calendar.ics") == 2


@pytest.mark.parametrize("attendees", [0, 1, 30])
def test_answer_when_a_seat_is_free(ada: User, attendees: int) -> None:
    """Tally, event, person, answer are read; answer, history, receipt and counts written."""
    event = EventFactory.create(max_attendees=50)
    fill(event, attendees)
    with CaptureQueriesContext(connection) as captured:
        join_event(event_id=event.pk, attendee=ada)
    assert len(inside(captured)) == 8, inside(captured)


def inside(captured: CaptureQueriesContext) -> list[str]:
    """Without what opens and closes transactions."""
    return [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]


@pytest.mark.parametrize("dates", [1, 3])
def test_answer_to_a_series_costs_the_same_for_every_date(
    as_ada: Api, olive: User, dates: int
) -> None:
    """Dates, tallies, series, events, person and answers are read; answers, history, tallies
    and one receipt written; where it waits, the places are read. What changes is not new."""
    series, events = series_with(olive, *[2] * dates)
    for event in events:
        fill(event, 2)
    costs = []
    for verb, body, expect in (
        ("rsvp", {"status": "going"}, 201),
        ("rsvp", {"status": "going", "guests": 1}, 200),
        ("rsvp", {"status": "interested"}, 200),
        ("cancel", {}, 200),
        ("cancel", {}, 200),
    ):
        as_ada.get("/users/profile/")
        with CaptureQueriesContext(connection) as captured:
            as_ada.post(f"/series/{series.pk}/{verb}/", body, expect=expect)
        costs.append(len(inside(captured)))
    assert costs == [11, 11, 10, 8, 5], captured.captured_queries


@pytest.mark.parametrize("waiting", [1, 3])
def test_more_seats_cost_the_same_for_every_party_seated(
    waiting: int, as_olive: Api, olive: User
) -> None:
    event = EventFactory.create(created_by=olive, max_attendees=1)
    fill(event, 1 + waiting)
    with CaptureQueriesContext(connection) as captured:
        as_olive.patch(f"/events/{event.pk}/", {"max_attendees": 10})
    assert len([q for q in captured if "rsvp_" in q["sql"]]) == 5, captured.captured_queries


def test_creating_an_event_costs_the_same_for_every_tag(as_olive: Api) -> None:
    costs = []
    for number in (1, 3):
        as_olive.get("/categories/")  # from then on it is known who is asking
        body = event_body(tags=[tag.pk for tag in TagFactory.create_batch(number)])
        with CaptureQueriesContext(connection) as captured:
            as_olive.post("/events/", body)
        costs.append(len(captured))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("method", "path", "body", "expect"),
    [
        ("get", "/series/{series}/", None, 200),
        ("post", "/events/", event_body(recurrence_pattern="FREQ=DAILY;COUNT={dates}"), 201),
        ("patch", "/events/{first}/?scope=all", {"title": "Reading", "max_attendees": 9}, 200),
        ("patch", "/events/{last}/?scope=following", {"location": "Library"}, 200),
        ("patch", "/series/{series}/", {"recurrence_pattern": "biweekly"}, 200),
        ("patch", "/series/{series}/", {"status": "cancelled"}, 200),
        ("delete", "/events/{first}/", None, 204),
        ("delete", "/events/{first}/?scope=all", None, 204),
        ("post", "/events/{first}/copy/", {}, 201),
    ],
)
def test_series_do_not_ask_for_each_date(
    as_olive: Api, olive: User, method: str, path: str, body: Any, expect: int
) -> None:
    costs = []
    for dates in (2, 6):
        tags = TagFactory.create_batch(2)
        series, events = series_with(olive, *[5] * dates, tags=tags)
        for event in events:
            fill(event, 2)
        where = {"series": series.pk, "first": events[0].pk, "last": events[-1].pk}
        sent = json.loads(json.dumps(body).replace("{dates}", str(dates)))
        as_olive.get("/users/profile/")
        with CaptureQueriesContext(connection) as captured:
            as_olive._call(method, path.format(**where), sent, expect)
        costs.append(len(inside(captured)))
    assert costs[0] == costs[1], "\n".join(inside(captured))


@pytest.mark.parametrize(
    "page",
    [
        "accounts/user/",
        "usersessions/usersession/",
        "events/event/",
        "events/series/",
        "events/category/",
        "events/tag/",
        "rsvp/rsvp/",
        "rsvp/answer/",
        "reviews/review/",
        "notifications/notification/",
        "notifications/delivery/",
        "notifications/device/",
        "notifications/preferences/",
    ],
)
def test_admin_lists_do_not_ask_for_each_row(alma: User, client: Client, page: str) -> None:
    client.force_login(alma)
    costs = []
    for number in (1, 3):
        for event in EventFactory.create_batch(
            number, max_attendees=1, category=CategoryFactory.create()
        ):
            event.tags.add(TagFactory.create())
            reviewed(past_event(), 5)
            for person in fill(event, 2):
                Api(person)
                sent_by(tell(person), Channel.EMAIL)
                add_device(user_id=person.pk, token=f"of-{person.pk}", platform="web")
                set_preferences(user_id=person.pk, changes={"reminder_minutes": [60, 1440]})
        client.get(f"/admin/{page}")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/{page}").status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1], captured.captured_queries


def test_admins_event_page_does_not_ask_for_each_answer(
    alma: User, client: Client, olive: User
) -> None:
    client.force_login(alma)
    costs = []
    for number in (1, 3):
        event = EventFactory.create(created_by=olive, max_attendees=number)
        crowd = fill(event, 2 * number)
        for person in crowd:
            add_helper(event_id=event.pk, username=person.username)
        end(event)
        for guest in crowd[:number]:
            review(event, guest)
        page = f"/admin/events/event/{event.pk}/change/"
        client.get(page)  # the first fills Django's cache of content types
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1], "\n".join(q["sql"][:150] for q in captured)
