"""The weekly digest: once, on Monday morning in the time zone of the person."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from time_machine import Traveller, travel

from accounts.models import User
from events.models import Category, Event
from events.series.creation import create_series
from events.series.extension import extend_all_series
from notifications.models import Notification
from rsvp.messages.digest import write_digests
from rsvp.services import join_series, mark_interested
from tests.factories import CategoryFactory, EventFactory, people
from tests.rsvp.dates import series_with

MONDAY_NINE = datetime(2027, 6, 7, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with travel(MONDAY_NINE - timedelta(days=2), tick=False) as clock:
        yield clock


@pytest.fixture
def jazz(clock: Traveller) -> Category:
    return CategoryFactory.create(name="Jazz")


@pytest.fixture
def fan(ada: User, jazz: Category) -> User:
    """Return Ada, who is interested in jazz."""
    ada.interests.set([jazz])
    return ada


@pytest.fixture
def concert(olive: User, jazz: Category) -> Event:
    """Create a new event in the next week."""
    start = MONDAY_NINE + timedelta(days=7)
    return EventFactory.create(created_by=olive, category=jazz, start_time=start, title="Trio")


def digests_at(clock: Traveller, when: datetime) -> list[tuple[str, list[str]]]:
    clock.move_to(when)
    before = Notification.objects.count()
    write_digests()
    new = Notification.objects.select_related("user").order_by("id")[before:]
    return [(n.user.username, [e["title"] for e in n.context["events"]]) for n in new]


def test_digest_is_sent_on_monday_morning(clock: Traveller, fan: User, concert: Event) -> None:
    assert digests_at(clock, MONDAY_NINE) == [("ada", ["Trio"])]
    digest = Notification.objects.get()
    assert (digest.kind, digest.event_id, digest.occasion) == ("new_in_interests", None, "2027-W23")
    assert digest.context["events"][0]["category"] == "Jazz"


def test_digest_is_sent_once_a_week(
    clock: Traveller, fan: User, concert: Event, olive: User
) -> None:
    assert len(digests_at(clock, MONDAY_NINE)) == 1
    assert digests_at(clock, MONDAY_NINE + timedelta(hours=3)) == []
    clock.move_to(MONDAY_NINE + timedelta(days=1))
    EventFactory.create(
        created_by=olive,
        category=concert.category,
        start_time=MONDAY_NINE + timedelta(days=30),
        title="Duo",
    )
    assert digests_at(clock, MONDAY_NINE + timedelta(days=7)) == [("ada", ["Duo"])]


def test_late_task_still_sends_on_monday_but_not_on_tuesday(
    clock: Traveller, fan: User, concert: Event
) -> None:
    assert digests_at(clock, MONDAY_NINE + timedelta(days=1)) == []
    assert len(digests_at(clock, MONDAY_NINE + timedelta(days=7, hours=-1))) == 0
    assert len(digests_at(clock, MONDAY_NINE + timedelta(hours=14))) == 1


@pytest.mark.parametrize(
    ("zone", "hour_utc"), [("Asia/Tokyo", 0), ("Europe/Berlin", 7), ("America/New_York", 13)]
)
def test_morning_is_in_the_zone_of_the_person(
    clock: Traveller, fan: User, concert: Event, zone: str, hour_utc: int
) -> None:
    User.objects.filter(pk=fan.pk).update(timezone=zone)
    nine = MONDAY_NINE.replace(hour=hour_utc)
    assert digests_at(clock, nine - timedelta(minutes=1)) == []
    assert len(digests_at(clock, nine)) == 1


def test_no_news_sends_no_digest(clock: Traveller, fan: User, jazz: Category) -> None:
    assert digests_at(clock, MONDAY_NINE) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"published_at": MONDAY_NINE - timedelta(days=8)},
        {"published_at": None},
        {"status": "draft"},
        {"status": "cancelled"},
        {"deleted_at": MONDAY_NINE},
        {"start_time": MONDAY_NINE - timedelta(minutes=1)},
        {"category": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_old_and_cancelled_events_are_left_out(
    clock: Traveller, fan: User, concert: Event, changes: dict[str, object]
) -> None:
    Event.objects.filter(pk=concert.pk).update(**changes)
    assert digests_at(clock, MONDAY_NINE) == []


def test_own_events_and_those_with_rsvp_are_left_out(
    clock: Traveller, fan: User, concert: Event, olive: User, jazz: Category
) -> None:
    olive.interests.set([jazz])
    mark_interested(event_id=concert.pk, attendee=fan)
    assert digests_at(clock, MONDAY_NINE) == []


def test_inactive_people_and_those_without_interests_get_none(
    clock: Traveller, fan: User, sam: User, concert: Event
) -> None:
    User.objects.filter(pk=fan.pk).update(is_active=False)
    assert digests_at(clock, MONDAY_NINE) == []


def test_ten_events_at_most_soonest_first(
    clock: Traveller, fan: User, jazz: Category, olive: User
) -> None:
    for number in range(12):
        start = MONDAY_NINE + timedelta(days=20 - number)
        EventFactory.create(
            created_by=olive, category=jazz, start_time=start, title=f"In {20 - number}"
        )
    assert digests_at(clock, MONDAY_NINE) == [("ada", [f"In {days}" for days in range(9, 19)])]


def digest_events(clock: Traveller, when: datetime) -> list[int]:
    """Return the ids of the events in Ada's digest at this time."""
    clock.move_to(when)
    before = Notification.objects.count()
    write_digests()
    return [
        e["id"] for n in Notification.objects.order_by("id")[before:] for e in n.context["events"]
    ]


def test_series_is_listed_with_its_next_date(
    clock: Traveller, fan: User, jazz: Category, olive: User
) -> None:
    _, dates = series_with(olive, 5, 5, 5, category=jazz)
    assert digest_events(clock, MONDAY_NINE) == [dates[0].pk]


def test_series_leaves_room_for_others(
    clock: Traveller, fan: User, jazz: Category, olive: User, concert: Event, sam: User
) -> None:
    """A series takes one place, however many dates and RSVPs it has."""
    series, dates = series_with(olive, *[5] * 60, category=jazz)
    join_series(series_id=series.pk, attendee=sam)
    assert digest_events(clock, MONDAY_NINE) == [dates[0].pk, concert.pk]


def test_later_dates_of_a_series_are_not_news(
    clock: Traveller, fan: User, jazz: Category, olive: User
) -> None:
    start = MONDAY_NINE - timedelta(days=1)
    first = create_series(
        organizer=olive,
        details={
            "title": "Jazz",
            "location": "Town hall",
            "start_time": start,
            "end_time": start + timedelta(hours=2),
            "category": jazz,
        },
        recurrence_pattern="monthly",
    )
    Event.objects.filter(series=first.series).update(status="cancelled")
    clock.move_to(MONDAY_NINE + timedelta(days=38))
    assert extend_all_series() == 1
    assert digest_events(clock, MONDAY_NINE + timedelta(days=42)) == []


def test_series_with_a_known_next_date_is_not_news(
    clock: Traveller, fan: User, jazz: Category, olive: User
) -> None:
    _, dates = series_with(olive, 5, 5, category=jazz)
    mark_interested(event_id=dates[0].pk, attendee=fan)
    assert digest_events(clock, MONDAY_NINE) == []


@pytest.mark.parametrize("gone", ["cancelled", "draft", "deleted", "begun"])
def test_next_date_of_a_series_is_not_cancelled(
    clock: Traveller, fan: User, jazz: Category, olive: User, gone: str
) -> None:
    _, dates = series_with(olive, 5, 5, category=jazz)
    changes: dict[str, object] = {"status": gone}
    if gone == "deleted":
        changes = {"deleted_at": MONDAY_NINE}
    elif gone == "begun":
        changes = {"start_time": MONDAY_NINE}
    Event.objects.filter(pk=dates[0].pk).update(**changes)
    assert digest_events(clock, MONDAY_NINE) == [dates[1].pk]


@pytest.mark.parametrize("readers", [1, 3])
def test_digests_cost_the_same_for_everyone(
    clock: Traveller,
    concert: Event,
    jazz: Category,
    readers: int,
    django_assert_num_queries: object,
) -> None:
    assert callable(django_assert_num_queries)
    for person in people(readers):
        person.interests.set([jazz])
    clock.move_to(MONDAY_NINE)
    # Zones, people, interests, new events, known events, the insert, the empty next batch.
    with django_assert_num_queries(7):
        write_digests()
