"""The weekly digest: on Monday morning where somebody lives, once, of what is new to them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from time_machine import Traveller, travel

from accounts.models import User
from events.models import Category, Event
from notifications.models import Notification
from rsvp.digest import write_digests
from rsvp.services import mark_interested
from tests.factories import CategoryFactory, EventFactory, people

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
    """Ada likes jazz."""
    ada.interests.set([jazz])
    return ada


@pytest.fixture
def concert(olive: User, jazz: Category) -> Event:
    """New, and to come next week."""
    start = MONDAY_NINE + timedelta(days=7)
    return EventFactory.create(created_by=olive, category=jazz, start_time=start, title="Trio")


def digests_at(clock: Traveller, when: datetime) -> list[tuple[str, list[str]]]:
    clock.move_to(when)
    before = Notification.objects.count()
    write_digests()
    new = Notification.objects.select_related("user").order_by("id")[before:]
    return [(n.user.username, [e["title"] for e in n.context["events"]]) for n in new]


def test_monday_morning_tells_what_is_new(clock: Traveller, fan: User, concert: Event) -> None:
    assert digests_at(clock, MONDAY_NINE) == [("ada", ["Trio"])]
    digest = Notification.objects.get()
    assert (digest.kind, digest.event_id, digest.occasion) == ("new_in_interests", None, "2027-W23")
    assert digest.context["events"][0]["category"] == "Jazz"


def test_once_a_week(clock: Traveller, fan: User, concert: Event, olive: User) -> None:
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


def test_late_task_still_tells_on_monday_but_not_on_tuesday(
    clock: Traveller, fan: User, concert: Event
) -> None:
    assert digests_at(clock, MONDAY_NINE + timedelta(days=1)) == []
    assert len(digests_at(clock, MONDAY_NINE + timedelta(days=7, hours=-1))) == 0
    assert len(digests_at(clock, MONDAY_NINE + timedelta(hours=14))) == 1


@pytest.mark.parametrize(
    ("zone", "hour_utc"), [("Asia/Tokyo", 0), ("Europe/Berlin", 7), ("America/New_York", 13)]
)
def test_morning_is_where_the_person_lives(
    clock: Traveller, fan: User, concert: Event, zone: str, hour_utc: int
) -> None:
    User.objects.filter(pk=fan.pk).update(timezone=zone)
    nine = MONDAY_NINE.replace(hour=hour_utc)
    assert digests_at(clock, nine - timedelta(minutes=1)) == []
    assert len(digests_at(clock, nine)) == 1


def test_nothing_new_is_no_digest(clock: Traveller, fan: User, jazz: Category) -> None:
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
def test_what_is_not_new_or_not_on_is_left_out(
    clock: Traveller, fan: User, concert: Event, changes: dict[str, object]
) -> None:
    Event.objects.filter(pk=concert.pk).update(**changes)
    assert digests_at(clock, MONDAY_NINE) == []


def test_what_one_organizes_or_has_answered_is_not_new_to_them(
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
    # Zones; who; interests; new ones; known ones; the insert; nobody else.
    with django_assert_num_queries(7):
        write_digests()
