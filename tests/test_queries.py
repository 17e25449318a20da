"""Each endpoint has a fixed number of queries, for one row and for three.

Authentication adds none: an earlier request has cached the user.
"""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.series.creation import create_series
from events.services.codes import add_code
from events.services.events import update_event
from events.services.helpers import add_helper
from events.services.ticket_types import add_ticket_type
from notifications.kinds import Channel
from notifications.services import add_device, set_preferences
from payments.models import Payment
from reviews.services import reply_to_review
from rsvp.services import join_event
from rsvp.tickets import code_of
from tests.analytics.sales import sell
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
from tests.notifications.outbox import create_delivery, create_notification
from tests.reviews.past import past_event, review, reviewed
from tests.rsvp.dates import series_with
from tests.rsvp.ticketed import buy, offer
from tests.settings import IS_REAL

pytestmark = [pytest.mark.both, pytest.mark.slow]


def count_queries(api: Api, path: str, **query: Any) -> int:
    api.get(path, **query)  # caches the user, and what events show to everyone
    with CaptureQueriesContext(connection) as captured:
        api.get(path, **query)
    return len(captured)


# On SQLite IDs, events, tags and my_rsvp.
PAGE = 1 if IS_REAL else 4
# On PostgreSQL, another query highlights the matches of the page.
SEARCH_PAGE = PAGE + IS_REAL

PAYMENTS = 3  # page, lines, refunds


@pytest.fixture(params=[1, 3], ids=["1 item", "3 items"])
def events(request: pytest.FixtureRequest, ada: User) -> list[Event]:
    """Create one or three full events, each with as many tags, attendees and waiting people."""
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
        ("/events/", PAGE),
        ("/events/?mine=true", 2),  # events to help at; Ada has none
        ("/events/search/", PAGE),
        ("/events/search/?q=event", SEARCH_PAGE),
        ("/events/search/?q=event&facets=true", SEARCH_PAGE + 2),
        ("/events/search/?near=52,13&radius_km=5&sort=distance", 2),  # count, page
        ("/events/?when=weekend&tz=Europe/Berlin&series=1", 1),
        ("/events/suggest/?q=event", 1),
        ("/events/?tags=1,2&organizer=olive&is_full=true&title=event", 1),
        ("/rsvps/", 1),
        ("/categories/", 1),
        ("/tags/", 1),
    ],
)
def test_lists_have_a_fixed_number_of_queries(
    as_ada: Api, events: list[Event], path: str, expected: int
) -> None:
    assert count_queries(as_ada, path) == expected


def test_recommendations_have_a_fixed_number_of_queries(
    as_ada: Api, ada: User, events: list[Event]
) -> None:
    """Interests, RSVPs, their tags, events by category, events by tag, shared tags; the page."""
    for event in events:
        assert event.category
        ada.interests.add(event.category)
        EventFactory.create(category=event.category, tags=list(event.tags.all()))
    assert count_queries(as_ada, "/events/recommended/") == 6 + PAGE


@pytest.fixture(params=[1, 3], ids=["1 item", "3 items"])
def notifications(request: pytest.FixtureRequest, ada: User) -> int:
    """Create one or three notifications, each with as many deliveries; and as many devices."""
    number: int = request.param
    for index in range(number):
        notification = create_notification(ada, occasion=f"answer {index}")
        for address in range(number):
            create_delivery(notification, Channel.PUSH, address=str(address))
        add_device(user_id=ada.pk, token=f"token-{index}", platform="web")
    return number


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/notifications/", 2),  # page, deliveries
        ("/notifications/?unread=true", 2),
        ("/notifications/?unread=false", 1),
        ("/notifications/preferences/", 1),
        ("/devices/", 1),
    ],
)
def test_own_notifications_have_a_fixed_number_of_queries(
    as_ada: Api, notifications: int, path: str, expected: int
) -> None:
    assert count_queries(as_ada, path) == expected


def test_reading_all_notifications_is_one_query(as_ada: Api, notifications: int) -> None:
    assert count_of_post(as_ada, "/notifications/read-all/", {}, 204) == 1


@pytest.mark.parametrize("leads", [1, 3])
def test_lead_times_add_one_query(as_ada: Api, ada: User, leads: int) -> None:
    set_preferences(user_id=ada.pk, changes={"reminder_minutes": [60, 120, 180][:leads]})
    assert count_queries(as_ada, "/notifications/preferences/") == 2
    assert count_queries(as_ada, "/users/profile/") == 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # Sums, RSVPs by status, seats by person, cancellations, waitlist, stars, days, upcoming
        # events, past events, hours, categories, payments, payments and refunds by day.
        ("/analytics/overview/", 13),
        ("/analytics/popular-events/", 1),  # the page; the ranking is kept
    ],
)
def test_analytics_have_a_fixed_number_of_queries(
    as_alma: Api, events: list[Event], path: str, expected: int
) -> None:
    assert count_queries(as_alma, path) == expected


def test_event_analytics_have_a_fixed_number_of_queries(as_alma: Api, events: list[Event]) -> None:
    """The event, those of the above for one event, two of arrivals, and returning attendees."""
    assert count_queries(as_alma, f"/events/{events[0].pk}/analytics/") == 11


def test_empty_list_reads_an_empty_page_only(as_ada: Api) -> None:
    assert count_queries(as_ada, "/events/") == 1


def test_page_before_others_is_counted_too(as_ada: Api) -> None:
    """PostgreSQL counts in the statement of the page."""
    EventFactory.create_batch(3)
    counting = int(not IS_REAL)
    assert count_queries(as_ada, "/events/", limit=1) == PAGE + counting
    assert count_queries(as_ada, "/events/", limit=1, page=2) == PAGE + counting
    assert count_queries(as_ada, "/events/", limit=1, page=3) == PAGE


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.real  # SQLite has no versions of rows
def test_new_events_add_one_query_to_their_page(as_ada: Api, number: int) -> None:
    as_ada.get("/events/")
    EventFactory.create_batch(number)
    with CaptureQueriesContext(connection) as captured:
        as_ada.get("/events/")
    assert len(captured) == PAGE + 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", PAGE),
        ("calendar.ics", 2),  # event, tags
        ("rsvp/", 1),
        ("attendees/", 3),  # event, helper, page
        ("attendees/?status=interested", 3),
    ],
)
def test_event_pages_have_a_fixed_number_of_queries(
    as_ada: Api, events: list[Event], path: str, expected: int
) -> None:
    assert count_queries(as_ada, f"/events/{events[0].pk}/{path}") == expected


@pytest.mark.parametrize("query", ["", "?status=all", "?search=person"])
def test_attendees_for_the_owner_have_a_fixed_number_of_queries(
    events: list[Event], query: str
) -> None:
    """Event, page."""
    assert events[0].created_by
    owner = Api(events[0].created_by)
    assert count_queries(owner, f"/events/{events[0].pk}/attendees/{query}") == 2


@pytest.mark.parametrize("number", [1, 3])
def test_helpers_have_a_fixed_number_of_queries(as_olive: Api, olive: User, number: int) -> None:
    """Event, page."""
    event = EventFactory.create(created_by=olive)
    for person in people(number):
        add_helper(event_id=event.pk, username=person.username)
    assert count_queries(as_olive, f"/events/{event.pk}/staff/") == 2


@pytest.mark.parametrize("number", [1, 3])
def test_helped_events_have_a_fixed_number_of_queries(as_ada: Api, number: int) -> None:
    """The events to help at, and their page."""
    for event in EventFactory.create_batch(number):
        add_helper(event_id=event.pk, username="ada")
    assert count_queries(as_ada, "/events/?mine=true") == 1 + PAGE


@pytest.mark.parametrize("number", [1, 3])
def test_ticket_types_have_a_fixed_number_of_queries(
    as_ada: Api, as_olive: Api, olive: User, number: int
) -> None:
    """Event, page; with a code also the code."""
    event = EventFactory.create(created_by=olive)
    details = {"name": "Standing", "quantity": 5, "is_hidden": True}
    types = [add_ticket_type(event_id=event.pk, details=details) for _ in range(number)]
    unlocks = [ticket_type.pk for ticket_type in types]
    add_code(event_id=event.pk, details={"code": "CREW", "unlocks": unlocks})
    path = f"/events/{event.pk}/ticket-types/"
    assert count_queries(as_olive, path) == count_queries(as_ada, path) == 2
    assert count_queries(as_ada, path, code="crew") == 3
    assert count_queries(as_ada, f"{path}{types[0].pk}/", code="crew") == 3


@pytest.mark.parametrize("number", [1, 3])
def test_codes_have_a_fixed_number_of_queries(as_olive: Api, olive: User, number: int) -> None:
    """Event, page with the currency, unlocked types."""
    event = EventFactory.create(created_by=olive)
    hidden = {"name": "Crew", "is_hidden": True}
    types = [add_ticket_type(event_id=event.pk, details=hidden) for _ in range(number)]
    unlocks = [ticket_type.pk for ticket_type in types]
    for index in range(number):
        add_code(event_id=event.pk, details={"code": f"CREW-{index}", "unlocks": unlocks})
    assert count_queries(as_olive, f"/events/{event.pk}/codes/") == 3


@pytest.mark.parametrize("number", [1, 3])
def test_reviews_have_a_fixed_number_of_queries(as_ada: Api, number: int) -> None:
    event = past_event()
    for row in reviewed(event, *[5] * number):
        reply_to_review(review_id=row.pk, by=row.author, reply="Thanks.")
    assert count_queries(as_ada, f"/events/{event.pk}/reviews/") == 2  # event, page
    assert count_queries(as_ada, f"/events/{event.pk}/reviews/{row.pk}/") == 2


@pytest.mark.parametrize("number", [1, 3])
def test_own_reviews_have_a_fixed_number_of_queries(
    as_ada: Api, ada: User, as_olive: Api, olive: User, number: int
) -> None:
    for event in [past_event(ada, created_by=olive) for _ in range(number)]:
        review(event, ada)
    assert count_queries(as_ada, "/reviews/?mine=true") == 1
    assert count_queries(as_olive, "/reviews/?of_my_events=true") == 1


@pytest.mark.parametrize("number", [1, 3])
def test_series_have_a_fixed_number_of_queries(as_olive: Api, olive: User, number: int) -> None:
    """Page, tags, ratings, next dates."""
    for _ in range(number):
        series_with(olive, *[2] * number, tags=TagFactory.create_batch(number))
    assert count_queries(as_olive, "/series/") == 4


@pytest.mark.parametrize("number", [1, 3])
def test_calendar_of_a_series_has_a_fixed_number_of_queries(
    as_ada: Api, olive: User, number: int
) -> None:
    """The series and its occurrences, including renamed ones."""
    rule = f"FREQ=DAILY;COUNT={number}"
    start = timezone.now() + timedelta(days=7)
    details = {"title": "Jazz", "start_time": start, "end_time": start + timedelta(hours=2)}
    first = create_series(organizer=olive, details=details, recurrence_pattern=rule)
    for row in Event.objects.filter(series=first.series_id):
        changes = {"title": "Blues", "category": CategoryFactory.create()}
        update_event(event_id=row.pk, changes=changes)
    assert count_queries(as_ada, f"/series/{first.series_id}/calendar.ics") == 2


# SQLite locks the whole file, and needs no statement for the tally.
LOCK = int(IS_REAL)


@pytest.mark.parametrize("attendees", [0, 1, 30])
def test_rsvp_has_a_fixed_number_of_queries(as_ada: Api, attendees: int) -> None:
    """Lock the tally; read event, person and RSVP; write RSVP, history, counts, notification."""
    event = EventFactory.create(max_attendees=50)
    fill(event, attendees)
    rsvp, cancel = f"/events/{event.pk}/rsvp/", f"/events/{event.pk}/cancel/"
    assert count_of_post(as_ada, rsvp, {"status": "going"}, 201) == LOCK + 5
    assert count_of_post(as_ada, rsvp, {"status": "going"}, 200) == LOCK + 1
    assert count_of_post(as_ada, rsvp, {"status": "interested"}, 200) == LOCK + 5
    assert count_of_post(as_ada, cancel, {}, 200) == LOCK + 4  # without a receipt


@pytest.mark.parametrize("waiting", [1, 3])
def test_rsvp_to_a_full_event_has_a_fixed_number_of_queries(as_ada: Api, waiting: int) -> None:
    """A refusal reads the tally, then everything. The tally knows the position of the last."""
    event = EventFactory.create(max_attendees=1)
    [holder, *_] = fill(event, 1 + waiting)
    rsvp, cancel = f"/events/{event.pk}/rsvp/", f"/events/{event.pk}/cancel/"
    assert count_of_post(as_ada, rsvp, {"status": "going", "waitlist": False}, 409) == 2
    assert count_of_post(as_ada, rsvp, {"status": "going"}, 201) == LOCK + 5
    # Read the waitlist; write the promoted RSVP and its notification; the rest is written once.
    assert count_of_post(Api(holder), cancel, {}, 200) == LOCK + 5 + 3


@pytest.mark.parametrize("number", [1, 3])
def test_check_in_has_a_fixed_number_of_queries(as_olive: Api, olive: User, number: int) -> None:
    """Read the event for the permission. Then lock the tally; read event and party; write party,
    check-in and count. A list also looks for scans that are recorded, and for former dates."""
    event = EventFactory.create(created_by=olive, start_time=timezone.now() + timedelta(hours=1))
    codes = [code_of(join_event(event_id=event.pk, attendee=p)[0]) for p in people(1 + number)]
    path = f"/events/{event.pk}/check-in/"
    assert count_of_post(as_olive, path, {"code": codes.pop()}, 200) == 7
    scans = [{"code": code, "at": timezone.now().isoformat()} for code in codes]
    assert count_of_post(as_olive, f"{path}batch/", scans, 200) == 9


@pytest.mark.parametrize("number", [1, 3])
def test_tickets_have_a_fixed_number_of_queries(
    as_ada: Api, ada: User, as_olive: Api, olive: User, number: int
) -> None:
    """Each page reads the tickets of all its parties, and the numbers those of all types."""
    for event in EventFactory.create_batch(number, created_by=olive):
        types = [offer(event, number, name=f"Type {index}") for index in range(number)]
        for person in (ada, *people(2 * number)):
            buy(event, person, dict.fromkeys((ticket_type.pk for ticket_type in types), 1))
    assert count_queries(as_ada, "/rsvps/") == 2
    assert count_queries(as_ada, f"/events/{event.pk}/rsvp/") == 2
    assert count_queries(as_ada, f"/events/{event.pk}/ticket/") == 3
    assert count_queries(as_olive, f"/events/{event.pk}/attendees/?status=all") == 3
    assert count_queries(as_olive, f"/events/{event.pk}/analytics/") == 13


@pytest.mark.parametrize("number", [1, 3])
def test_revenue_has_a_fixed_number_of_queries(
    as_olive: Api, olive: User, ada: User, number: int
) -> None:
    """By ticket type and by day; in the overview also of the events that it lists."""
    now = timezone.now()
    for event in EventFactory.create_batch(number, created_by=olive):
        types = [offer(event, price=1250, currency="EUR") for _ in range(number)]
        for _ in range(number):
            sell(event, ada, [(kind, 1) for kind in types], at=now, refunds=[(100, now)])
    assert count_queries(as_olive, f"/events/{event.pk}/analytics/") == 15
    assert count_queries(as_olive, "/analytics/overview/") == 14


@pytest.mark.parametrize("number", [1, 3])
def test_payments_have_a_fixed_number_of_queries(
    as_ada: Api, ada: User, as_olive: Api, olive: User, number: int
) -> None:
    """Each list reads a page, lines and refunds; that of an event also the event and its totals."""
    event, now = EventFactory.create(created_by=olive), timezone.now()
    types = [offer(event, price=1250, currency="EUR") for _ in range(number)]
    for rsvp_id in range(number):
        payment = Payment.objects.create(
            event=event, payer=ada, rsvp_id=rsvp_id, status="paid", amount=1250 * number,
            currency="EUR", received_amount=1250 * number, received_currency="EUR",
            provider="stripe", expires_at=now, paid_at=now,
        )  # fmt: skip
        for ticket_type in types:
            payment.lines.create(ticket_type=ticket_type, quantity=1, unit_amount=1250)
            payment.refunds.create(amount=5)
    assert count_queries(as_ada, "/payments/") == PAYMENTS
    assert count_queries(as_ada, f"/payments/{payment.pk}/") == 3
    assert count_queries(as_olive, f"/events/{event.pk}/payments/") == PAYMENTS + 2


@pytest.mark.parametrize("number", [1, 3])
def test_rsvp_with_tickets_has_a_fixed_number_of_queries(
    as_ada: Api, olive: User, number: int
) -> None:
    """As without types, and: lock them; write tickets and counts. The receipt and the response
    read the tickets with their names. To leave also reads the tickets, to delete them, and what
    was paid for them."""
    event = EventFactory.create(created_by=olive)
    types = [offer(event, 5, name=f"Type {index}") for index in range(number)]
    buy(event, olive, {types[0].pk: 1})
    tickets = [{"ticket_type": offer.pk, "quantity": 1} for offer in types]
    path = f"/events/{event.pk}/rsvp/"
    assert count_of_post(as_ada, path, {"status": "going", "tickets": tickets}, 201) == LOCK + 10
    assert count_of_post(as_ada, f"/events/{event.pk}/cancel/", {}, 200) == LOCK + 10


@pytest.mark.parametrize("number", [1, 3])
def test_holds_have_a_fixed_number_of_queries(as_ada: Api, ada: User, number: int) -> None:
    """My RSVPs, their tickets, and the payments of all holds."""
    with override_settings(DEBUG=True):  # the test provider is on
        for event in EventFactory.create_batch(number):
            types = [offer(event, price=900, currency="EUR") for _ in range(number)]
            buy(event, ada, dict.fromkeys((ticket_type.pk for ticket_type in types), 1))
    assert count_queries(as_ada, "/rsvps/?status=pending_payment") == 3
    assert count_queries(as_ada, f"/events/{event.pk}/rsvp/") == 3


@pytest.mark.parametrize("number", [1, 3])
def test_hold_has_a_fixed_number_of_queries(as_ada: Api, olive: User, number: int) -> None:
    """Other than for free tickets: write the payment and its lines; read both for the page; two
    statements of the test provider; keep the page under the locks. A repetition writes nothing."""
    event = EventFactory.create(created_by=olive)
    types = [offer(event, 5, price=900, currency="EUR") for _ in range(number)]
    tickets = [{"ticket_type": offer.pk, "quantity": 1} for offer in types]
    path, body = f"/events/{event.pk}/rsvp/", {"status": "going", "tickets": tickets}
    with override_settings(DEBUG=True):  # the test provider is on
        buy(event, olive, {types[0].pk: 1})
        counts = [count_of_post(as_ada, path, body, expect) for expect in (201, 200)]
    assert counts == [LOCK + 19, LOCK + 7]


def count_of_post(api: Api, path: str, body: Any, expect: int) -> int:
    """Return the number of statements, of which several may be one message to PostgreSQL."""
    api.get("/users/profile/")  # caches the user
    with CaptureQueriesContext(connection) as captured:
        api.post(path, body, expect=expect)
    return sum(1 + sql.count("; ") for sql in without_savepoints(captured))


def without_savepoints(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements that do not open or close a transaction."""
    return [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]


@pytest.mark.parametrize("dates", [1, 3])
def test_series_rsvp_has_a_fixed_number_of_queries(as_ada: Api, olive: User, dates: int) -> None:
    """Read occurrences, tallies, series, events, person and RSVPs; write RSVPs, history,
    tallies and one notification."""
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
        costs.append(len(without_savepoints(captured)))
    assert costs == [10, 10, 10, 8, 5], captured.captured_queries


@pytest.mark.parametrize("waiting", [1, 3])
def test_promotion_has_a_fixed_number_of_queries(waiting: int, as_olive: Api, olive: User) -> None:
    event = EventFactory.create(created_by=olive, max_attendees=1)
    fill(event, 1 + waiting)
    with CaptureQueriesContext(connection) as captured:
        as_olive.patch(f"/events/{event.pk}/", {"max_attendees": 10})
    of_rsvps = re.compile("rsvp_|FROM events_rows_")
    assert len([q for q in captured if of_rsvps.search(q["sql"])]) == 5, captured.captured_queries


def test_tags_add_no_query_to_a_new_event(as_olive: Api) -> None:
    costs = []
    for number in (1, 3):
        as_olive.get("/categories/")  # caches the user
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
def test_occurrences_add_no_query_to_a_series(
    as_olive: Api, olive: User, method: str, path: str, body: Any, expect: int
) -> None:
    costs = []
    for dates in (2, 6):
        tags = TagFactory.create_batch(2)
        series, events = series_with(olive, *[5] * dates, tags=tags)
        for event in events:
            fill(event, 2)
        where = {"series": series.pk, "first": events[0].pk, "last": events[-1].pk}
        payload = json.loads(json.dumps(body).replace("{dates}", str(dates)))
        as_olive.get("/users/profile/")
        with CaptureQueriesContext(connection) as captured:
            as_olive._call(method, path.format(**where), payload, expect)
        costs.append(len(without_savepoints(captured)))
    assert costs[0] == costs[1], "\n".join(without_savepoints(captured))


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
        "rsvp/rsvpchange/",
        "reviews/review/",
        "notifications/notification/",
        "notifications/delivery/",
        "notifications/device/",
        "notifications/preferences/",
    ],
)
def test_rows_add_no_query_to_admin_lists(alma: User, client: Client, page: str) -> None:
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
                create_delivery(create_notification(person), Channel.EMAIL)
                add_device(user_id=person.pk, token=f"of-{person.pk}", platform="web")
                set_preferences(user_id=person.pk, changes={"reminder_minutes": [60, 1440]})
        client.get(f"/admin/{page}")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/{page}").status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1], captured.captured_queries


def test_rsvps_add_no_query_to_the_admin_page_of_an_event(
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
        client.get(page)  # fills Django's cache of content types
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1], "\n".join(q["sql"][:150] for q in captured)
