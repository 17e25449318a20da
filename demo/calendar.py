"""Puts the catalogue into the database, through the services as a person would."""

import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from demo.catalogue import CATEGORIES, EVENTS, ORGANIZERS, PEOPLE, TAGS, DemoEvent, Person
from events.models import Category, Event, Tag
from events.services import cancel_event, create_event
from rsvp.services import PartyTooLarge, join_event, mark_interested

CITY = ZoneInfo("Europe/Berlin")
PASSWORD = "demo-password"  # noqa: S105  (for everyone to read)
LOGINS = {"organizer": "olive", "attendee": "ada", "admin": "admin"}
_PEOPLE_FOR_UNLIMITED = 40

Progress = Callable[[Iterable[DemoEvent]], Iterable[DemoEvent]]


def load_calendar(progress: Progress) -> int:
    """Add what is missing of the demo; answers how many events were added.

    An event of the catalogue is missing when none of its title is still to
    come, so that loading again on a later day fills the calendar up. Outside
    of DEBUG nobody of the demo can log in and there is no admin.
    """
    with transaction.atomic():
        _add_people()
        categories, tags = _add_categories(), _add_tags()
        people = User.objects.in_bulk([person.username for person in PEOPLE], field_name="username")
        organizers = User.objects.in_bulk([o.username for o in ORGANIZERS], field_name="username")
        still_to_come = set(
            Event.objects.alive()
            .filter(created_by__in=organizers.values())
            .not_over(timezone.now())
            .values_list("title", flat=True)
        )
        missing = [entry for entry in EVENTS if entry.title not in still_to_come]
        for entry in progress(missing) if missing else ():
            event = create_event(
                organizer=organizers[entry.organizer], details=_details(entry, categories, tags)
            )
            if entry.status != "draft":
                _fill(event, entry, list(people.values()))
            if entry.status == "cancelled":
                cancel_event(event_id=event.pk)
    return len(missing)


def _add_people() -> None:
    password = make_password(PASSWORD if settings.DEBUG else None)
    organizers = [_user(person, password, is_organizer=True) for person in ORGANIZERS]
    attendees = [_user(person, password) for person in PEOPLE]
    admins = []
    if settings.DEBUG:
        admin = Person(LOGINS["admin"], "Demo", "Admin")
        admins = [_user(admin, password, is_staff=True, is_superuser=True)]
    User.objects.bulk_create([*organizers, *attendees, *admins], ignore_conflicts=True)


def _user(person: Person, password: str, **more: bool) -> User:
    return User(
        username=person.username,
        email=f"{person.username}@example.com",
        password=password,
        first_name=person.first_name,
        last_name=person.last_name,
        bio=person.bio,
        timezone=CITY.key,
        **more,
    )


def _add_categories() -> dict[str, Category]:
    Category.objects.bulk_create(
        [Category(name=c.name, slug=c.slug, description=c.description) for c in CATEGORIES],
        ignore_conflicts=True,
    )
    return Category.objects.in_bulk([c.slug for c in CATEGORIES], field_name="slug")


def _add_tags() -> dict[str, Tag]:
    Tag.objects.bulk_create(
        [Tag(name=name, slug=slug) for name, slug in TAGS], ignore_conflicts=True
    )
    return Tag.objects.in_bulk([slug for _, slug in TAGS], field_name="slug")


def _details(
    entry: DemoEvent, categories: dict[str, Category], tags: dict[str, Tag]
) -> dict[str, object]:
    start = datetime.combine(_day(entry.day), entry.start, tzinfo=CITY)
    return {
        "title": entry.title,
        "description": entry.description,
        "location": entry.venue.location,
        "latitude": entry.venue.latitude,
        "longitude": entry.venue.longitude,
        "start_time": start,
        "end_time": start + timedelta(minutes=entry.minutes),
        "timezone": CITY.key,
        "status": "draft" if entry.status == "draft" else "published",
        "category": categories[entry.category],
        "tags": [tags[slug] for slug in entry.tags],
        "max_attendees": entry.max_attendees,
    }


def _day(offset: int) -> date:
    """The catalogue counts from a Monday, so that its busy days are weekends."""
    today = datetime.now(CITY).date()
    return today + timedelta(days=offset + (-today.weekday()) % 7)


def _fill(event: Event, entry: DemoEvent, people: list[User]) -> None:
    """Let people answer until as many want to come as the catalogue says; the same each time."""
    chance = random.Random(entry.title)
    wanted = round(entry.demand * (entry.max_attendees or _PEOPLE_FOR_UNLIMITED))
    for person in chance.sample(people, len(people)):
        if wanted <= 0:
            if chance.random() < 0.15:
                mark_interested(event_id=event.pk, attendee=person)
            continue
        guests = min(chance.choice([0, 0, 0, 0, 1, 1, 2]), wanted - 1)
        try:
            join_event(event_id=event.pk, attendee=person, guests=guests)
        except PartyTooLarge:
            continue
        wanted -= 1 + guests
