"""The fast read of events: bodies as of EventSerializer, and never older than a write."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.services import erasure
from core.api.json import JSONRenderer
from events import cards
from events.models import Category, Event, Helper, Rating, RefundPolicy, Series, Tag, Tally
from events.selectors import add_extras
from events.serializers.events import EventSerializer
from events.series import scopes
from events.services.events import cancel_event, update_event
from rsvp.models import Rsvp
from rsvp.services import join_event, leave_event
from tests.client import Api
from tests.factories import CategoryFactory, EventFactory, TagFactory, UserFactory, fill
from tests.reviews.past import past_event, reviewed
from tests.rsvp.dates import series_with

pytestmark = [pytest.mark.django_db, pytest.mark.both]

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
TEXTS = ("", "Jazz", "<b>&\"'</b> {0} %s", "مهرجان", "東京の夜", "a\n\tb", "💃" * 20)


def serialized(event_ids: list[int], reader: User) -> Any:
    rows = {event.pk: event for event in Event.objects.with_details().filter(pk__in=event_ids)}
    events = [rows[event_id] for event_id in event_ids]
    add_extras(events, user=reader)
    return _as_json(EventSerializer(events, many=True).data)


def read(event_ids: list[int], reader: User) -> Any:
    events = Event.objects.filter(pk__in=event_ids).order_by("pk")
    rows = cards.CardQuery(events).rows(reader, limit=len(event_ids))
    return _as_json(cards.bodies(rows, base=f"{settings.BASE_URL}/"))


def _as_json(data: Any) -> Any:
    """Return the text that clients receive, in which the order of fields counts too."""
    return json.loads(JSONRenderer().render(data), object_pairs_hook=list)


def odd_event(random: Random, organizers: list[User], categories: list[Category]) -> Event:
    """Create an event with rare values in every column that responses show."""
    zone = random.choice(ZONES)
    event = EventFactory.create(
        title=random.choice(TEXTS[1:]), created_by=random.choice(organizers), timezone=zone
    )
    start = timezone.now() + timedelta(
        days=random.randint(-900, 900), microseconds=random.choice([0, 7])
    )
    place = random.choice([(None, None), (-0.1, 180.0), (52.5, 13.25)])
    is_imported = random.random() < 0.5
    Event.objects.filter(pk=event.pk).update(
        description=random.choice(TEXTS),
        location=random.choice(TEXTS),
        start_time=start,
        end_time=start + timedelta(hours=random.randint(1, 90)),
        is_all_day=random.random() < 0.3,
        end_time_known=random.random() < 0.5,
        status=random.choice(Event.Status.values),
        cancellation_reason=random.choice(TEXTS),
        category=random.choice([*categories, None]),
        created_by=random.choice([*organizers, None]),
        banner=random.choice(["", "q3V9kX0bT2mJ8sYwL5aRcg"]),
        requires_verified_email=random.random() < 0.5,
        refund_policy=random.choice(RefundPolicy.values),
        refund_until_hours=random.choice([0, 48]),
        external_provider="ticketmaster" if is_imported else "",
        external_event_id=f"K8vZ{event.pk}" if is_imported else "",
        external_url=random.choice(["", "https://example.com/?a=1&b=2"]),
        external_status=random.choice(["", "postponed"]),
        price=random.choice([None, Decimal(0), Decimal("12.5"), Decimal("99999999.99")]),
        currency=random.choice(["", "EUR"]),
        latitude=place[0],
        longitude=place[1],
    )
    event.tags.set(random.sample(list(Tag.objects.all()), random.randint(0, 4)))
    limit, going = random.choice([(None, 3), (3, 3), (5, 3), (4, 3)])
    waiting = random.choice([0, 2])
    Tally.objects.filter(pk=event.pk).update(
        max_attendees=limit, going=going, interested=random.randint(0, 9), waiting=waiting,
        passed_over=random.choice([0, waiting]), waitlist_length=None,
    )  # fmt: skip
    Rating.objects.filter(pk=event.pk).update(**random.choice([{}, {"count": 3, "sum": 14}]))
    return event


def odd_rsvp(random: Random, event: Event, reader: User) -> None:
    """Give the reader one of all states of an RSVP, or none; others wait before them."""
    states: list[dict[str, Any] | None] = [
        None,
        {"status": "going", "guests": 2},
        {"status": "interested"},
        {"status": "cancelled"},
        {"status": "waitlisted", "line_no": 7, "guests": 1},
        {"status": "waitlisted", "line_no": 7, "guests": 9},
        {"status": "going", "is_confirmed": False},
        {"status": "going", "is_confirmed": False, "own_status": "interested", "own_guests": 3},
        {"status": "cancelled", "is_confirmed": False, "own_status": "cancelled"},
    ]
    state = random.choice(states)
    if state is not None:
        Rsvp.objects.create(event=event, user=reader, **state)
        for line_no, guests in ((3, 0), (4, 8), (9, 0)):
            other = UserFactory.create()
            Rsvp.objects.create(
                event=event, user=other, status="waitlisted", line_no=line_no, guests=guests
            )


@pytest.mark.parametrize("seed", range(3))
def test_bodies_are_those_of_the_serializer(seed: int, ada: User) -> None:
    random = Random(seed)
    organizers = UserFactory.create_batch(2, is_organizer=True)
    User.objects.filter(pk=organizers[0].pk).update(display_name="Zoë “Z” O'Hara, {braces}")
    TagFactory.create_batch(6)
    TagFactory.create(name='Quotes " and, commas {', slug="quotes")
    categories = CategoryFactory.create_batch(2)
    events = [odd_event(random, organizers, categories) for _ in range(40)]
    for event in events:
        odd_rsvp(random, event, ada)
    _, dates = series_with(organizers[0], 3, None)
    for event in random.sample(events, 20):
        Helper.objects.create(event=event, user=ada)
    Event.objects.filter(pk__in=[event.pk for event in random.sample(events, 5)]).update(
        created_by=ada
    )
    ids = sorted(event.pk for event in [*events, *dates])
    expected = serialized(ids, ada)
    for _ in range(2):  # with new cards, then with those that were kept
        assert read(ids, ada) == expected


def _rename_tag(event: Event) -> None:
    Tag.objects.filter(pk=event.tags.all()[0].pk).update(name="Renamed")


def _raise_series(event: Event) -> None:
    Series.objects.filter(occurrences=event).update(recurrence_pattern="biweekly")


WRITES: dict[str, Callable[[Event, User], Any]] = {
    "title": lambda event, ada: update_event(event_id=event.pk, changes={"title": "Blues"}),
    "title and back": lambda event, ada: [
        update_event(event_id=event.pk, changes={"title": title}) for title in ("Blues", "Jazz")
    ],
    "an update without updated_at": lambda event, ada: Event.objects.filter(pk=event.pk).update(
        description="New."
    ),
    "tags": lambda event, ada: event.tags.add(TagFactory.create()),
    "name of a tag": lambda event, ada: _rename_tag(event),
    "name of the category": lambda event, ada: Category.objects.update(name="Renamed"),
    "display name": lambda event, ada: User.objects.update(display_name="New name"),
    "rule of the series": lambda event, ada: _raise_series(event),
    "limit": lambda event, ada: update_event(event_id=event.pk, changes={"max_attendees": 9}),
    "RSVP of the reader": lambda event, ada: join_event(event_id=event.pk, attendee=ada, guests=1),
    "role of the reader": lambda event, ada: Helper.objects.create(event=event, user=ada),
    "RSVPs of others": lambda event, ada: fill(event, 2),
    "cancellation of the RSVP": lambda event, ada: [
        join_event(event_id=event.pk, attendee=ada), leave_event(event_id=event.pk, attendee=ada)
    ],
    "cancellation": lambda event, ada: cancel_event(event_id=event.pk),
    "the whole series": lambda event, ada: scopes.update(
        event_id=event.pk, scope=scopes.Scope.ALL, changes={"location": "Library"}
    ),
    "erasure of the organizer": lambda event, ada: erasure.erase(user_id=event.created_by_id or 0),
}  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_write_is_seen_by_the_next_read(write: str, ada: User) -> None:
    organizer = UserFactory.create(is_organizer=True)
    _, [event, _] = series_with(
        organizer, 3, 3, tags=TagFactory.create_batch(2), category=CategoryFactory.create()
    )
    before = read([event.pk], ada)
    WRITES[write](event, ada)
    after = read([event.pk], ada)
    assert after == serialized([event.pk], ada)
    assert after != before


def test_review_is_seen_by_the_next_read(ada: User) -> None:
    event = past_event()
    before = read([event.pk], ada)
    reviewed(event, 4, 5)
    assert read([event.pk], ada) == serialized([event.pk], ada) != before


def get(api: Api, path: str, **headers: Any) -> Any:
    return api.client.get(f"/api{path}", **headers)


class TestEntityTags:
    """A client that sends the ETag of its copy gets 304 until the response would differ."""

    PATHS = ("/events/", "/events/search/?q=jazz&facets=true", "/events/{}/")

    @pytest.mark.parametrize("path", PATHS)
    def test_same_response_is_304_without_a_body(self, as_ada: Api, path: str) -> None:
        url = path.format(EventFactory.create(title="Jazz").pk)
        first = get(as_ada, url)
        again = get(as_ada, url, HTTP_IF_NONE_MATCH=first["ETag"])
        weak = get(as_ada, url, HTTP_IF_NONE_MATCH=f'"other", W/{first["ETag"]}')
        assert [(r.status_code, r.content) for r in (again, weak)] == [(304, b"")] * 2
        assert again["ETag"] == first["ETag"]

    @pytest.mark.parametrize("path", PATHS)
    def test_changed_response_is_sent(self, as_ada: Api, ada: User, path: str) -> None:
        event = EventFactory.create(title="Jazz", max_attendees=5)
        url = path.format(event.pk)
        changes: list[Callable[[], Any]] = [
            lambda: join_event(event_id=event.pk, attendee=ada),
            lambda: fill(event, 1),
            lambda: update_event(event_id=event.pk, changes={"title": "Jazz, jazz"}),
        ]
        tag = get(as_ada, url)["ETag"]
        for change in changes:
            change()
            response = get(as_ada, url, HTTP_IF_NONE_MATCH=tag)
            assert (response.status_code, response["ETag"] != tag) == (200, True)
            tag = response["ETag"]

    def test_other_readers_and_pages_have_other_tags(
        self, as_ada: Api, as_olive: Api, ada: User
    ) -> None:
        for event in EventFactory.create_batch(2):
            join_event(event_id=event.pk, attendee=ada)
        tags = [
            get(as_ada, "/events/")["ETag"],
            get(as_olive, "/events/")["ETag"],
            get(as_ada, "/events/?limit=1")["ETag"],
            get(as_ada, "/events/?limit=1&page=2")["ETag"],
        ]
        assert len(set(tags)) == 4
