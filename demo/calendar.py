"""Puts the catalogue into the database, through the services as a person would."""

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import User
from accounts.services.sessions import end_all_sessions
from demo.cast import CITY, Cast, starts_at
from demo.catalogue import (
    CATEGORIES,
    EVENTS,
    ORGANIZERS,
    PASSERS_BY,
    PEOPLE,
    TAGS,
    DemoCategory,
    DemoEvent,
    Person,
)
from demo.past import add_past, add_what_is_on, spread_answers
from events.models import Category, Event
from events.series.scopes import create
from events.services.events import cancel_event
from events.services.named import create_tag, save_named
from notifications import kinds
from notifications.models import Preferences
from notifications.services import keep_in_app
from rsvp.exceptions import PartyTooLarge
from rsvp.messages.announcements import fan_out
from rsvp.services import join_event, mark_interested

PASSWORD = "demo-password"  # noqa: S105  (for everyone to read)
LOGINS = {"organizer": "olive", "attendee": "ada", "admin": "admin"}
_ADMIN = Person(LOGINS["admin"], "Demo", "Admin")
_PEOPLE_FOR_UNLIMITED = 40
_JOINED = timedelta(days=365)  # before the first event of the demo's past

Progress = Callable[[Iterable[DemoEvent]], Iterable[DemoEvent]]


def load_calendar(progress: Progress) -> int:
    """Add what is missing of the demo; answers how many events were added.

    An event of the catalogue is missing when none of its title is still to
    come, so that loading again on a later day fills the calendar up; the past
    is made once, and what is on right now whenever it is not (`demo.past`). Who
    has a demo person's name without the demo's address is somebody real and is
    left alone. What all this would have told the demo's people stands in the
    app, and is sent to nobody; later too the crowd is sent nothing. Outside of
    DEBUG nobody of the demo can log in, also where DEBUG was on before, and
    there is no admin.
    """
    now = timezone.now()
    with transaction.atomic():
        cast = _cast()
        past = add_past(cast, now)
        coming = _add_coming(cast, now, progress)
        on = add_what_is_on(cast, now)
    return past + coming + on


def _cast() -> Cast:
    password = make_password(PASSWORD if settings.DEBUG else None)
    rights = {"is_staff": settings.DEBUG, "is_superuser": settings.DEBUG}
    cast = Cast(
        organizers=_people(ORGANIZERS, password=password, is_organizer=True),
        regulars=_active(_people(PEOPLE, password=password)),
        passers_by=_active(_people(PASSERS_BY, password=password)),
        admin=_people([_ADMIN], password=password, **rights)[_ADMIN.username],
        categories={each.slug: _category(each) for each in CATEGORIES},
        tags={slug: create_tag(name=name)[0] for name, slug in TAGS},
    )
    _send_nothing_to([*cast.regulars, *cast.passers_by])
    return cast


def _active(people: dict[str, User]) -> list[User]:
    return [person for person in people.values() if person.is_active]


def _send_nothing_to(people: Iterable[User]) -> None:
    """Where they have not said otherwise: they find it in the app only."""
    nothing = {
        kind.name: {channel: False for channel, is_on in kind.defaults.items() if is_on}
        for kind in kinds.switchable()
    }
    Preferences.objects.bulk_create(
        (
            Preferences(user=person, channels=nothing)
            for person in people
            if person.email != _address(LOGINS["attendee"])
        ),
        ignore_conflicts=True,
    )


def _add_coming(cast: Cast, now: datetime, progress: Progress) -> int:
    organizers = cast.organizers.values()
    there = Event.objects.filter(created_by__in=organizers).not_over(now)
    still_to_come = set(there.values_list("title", flat=True))
    missing = [entry for entry in EVENTS if entry.title not in still_to_come]
    added = []
    for entry in progress(missing) if missing else ():
        details = cast.details(entry, starts_at(entry))
        if entry.recurrence:
            details["recurrence_pattern"] = entry.recurrence
        event = create(
            organizer=cast.organizers[entry.organizer], details=details, is_counted=False
        )
        if entry.status != "draft":
            _fill(event, entry, cast.regulars)
        if entry.status == "cancelled":
            cancel_event(event_id=event.pk)
        added.append(event.pk)
    while fan_out():  # a run of it is short
        pass
    keep_in_app(user_ids=[person.pk for person in cast.regulars])
    spread_answers(Event.objects.filter(pk__in=added), now)
    return len(missing)


def logins() -> dict[str, str]:
    """Role → username of those whom people try things out as."""
    addresses = {role: _address(name) for role, name in LOGINS.items()}
    found = dict(User.objects.filter(email__in=addresses.values()).values_list("email", "username"))
    return {role: found[email] for role, email in addresses.items() if email in found}


def _address(username: str) -> str:
    return f"{username}@demo.example.com"


def _people(people: Iterable[Person], **state: Any) -> dict[str, User]:
    """The demo's people by their names in the catalogue, known by their addresses."""
    wanted = {_address(person.username): person for person in people}
    there = set(User.objects.filter(email__in=wanted).values_list("email", flat=True))
    names_taken = set(User.objects.values_list(Lower("username"), flat=True))
    User.objects.bulk_create(
        User(
            username=f"demo.{person.username}"
            if person.username in names_taken
            else person.username,
            email=address,
            display_name=f"{person.first_name} {person.last_name}".strip(),
            first_name=person.first_name,
            last_name=person.last_name,
            bio=person.bio,
            timezone=CITY.key,
            date_joined=timezone.now() - _JOINED,
        )
        for address, person in wanted.items()
        if address not in there
    )
    found = User.objects.filter(email__in=wanted)
    found.update(**state)
    without_address = found.exclude(pk__in=EmailAddress.objects.values("user"))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, primary=True, verified=True)
        for user in without_address
    )
    if not settings.DEBUG:
        for user in found:
            end_all_sessions(user=user)
    return {wanted[user.email].username: user for user in found}


def _category(entry: DemoCategory) -> Category:
    same = Q(slug=entry.slug) | Q(Exact(Lower("name"), entry.name.lower()))
    category = Category.objects.filter(same).first()
    if category is None:
        category = Category(name=entry.name, slug=entry.slug, description=entry.description)
        save_named(category)
    return category


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
