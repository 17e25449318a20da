"""Load the demo calendar, through the services like a person would."""

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
from demo.context import CITY, DemoContext, starts_at
from demo.past import add_current_events, add_past_events, spread_answers
from demo.sales import can_sell, date_sales, sell_tickets
from events.models import Category, Event
from events.series.scopes import create
from events.services.categories import create_tag, save_category_or_tag
from events.services.events import cancel_event
from notifications import kinds
from notifications.models import Preferences
from notifications.services import keep_in_app
from rsvp.exceptions import PartyTooLarge
from rsvp.messages.announcements import fan_out
from rsvp.services import join_event, mark_interested

PASSWORD = "demo-password"  # noqa: S105  (public)
LOGINS = {"organizer": "olive", "attendee": "ada", "admin": "admin"}
_ADMIN = Person(LOGINS["admin"], "Demo", "Admin")
_PEOPLE_FOR_UNLIMITED = 40
_JOINED = timedelta(days=365)  # before the first event of the demo's past

Progress = Callable[[Iterable[DemoEvent]], Iterable[DemoEvent]]


def load_demo(progress: Progress) -> int:
    """Add missing demo data; return the number of added events.

    An event is missing if no event with its title is upcoming, so loading again on a later day
    fills the calendar. Past events are created once, current ones if there are none (`demo.past`).
    Accounts with a demo username but without the demo address belong to real people and are not
    changed. Notifications appear in the app only and are not sent; except for the attendee login,
    demo attendees get none by other channels later either. Without DEBUG, demo accounts cannot log
    in, even if DEBUG was on before, and there is no admin. Events with prices are only added while
    the test provider is on.
    """
    now = timezone.now()
    with transaction.atomic():
        context = _context()
        past = add_past_events(context, now)
        upcoming = _add_upcoming(context, now, progress)
        current = add_current_events(context, now)
    return past + upcoming + current


def _context() -> DemoContext:
    password = make_password(PASSWORD if settings.DEBUG else None)
    rights = {"is_staff": settings.DEBUG, "is_superuser": settings.DEBUG}
    context = DemoContext(
        organizers=_people(ORGANIZERS, password=password, is_organizer=True),
        regulars=_active(_people(PEOPLE, password=password)),
        passers_by=_active(_people(PASSERS_BY, password=password)),
        admin=_people([_ADMIN], password=password, **rights)[_ADMIN.username],
        categories={entry.slug: _category(entry) for entry in CATEGORIES},
        tags={slug: create_tag(name=name)[0] for slug, name in TAGS.items()},
    )
    _send_nothing_to([*context.regulars, *context.passers_by])
    return context


def _active(people: dict[str, User]) -> list[User]:
    return [person for person in people.values() if person.is_active]


def _send_nothing_to(people: Iterable[User]) -> None:
    """Turn off all channels except the app for people without preferences."""
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


def _add_upcoming(context: DemoContext, now: datetime, progress: Progress) -> int:
    organizers = context.organizers.values()
    upcoming = Event.objects.filter(created_by__in=organizers).not_over(now)
    titles = set(upcoming.values_list("title", flat=True))
    possible = EVENTS if can_sell() else [entry for entry in EVENTS if not entry.tickets]
    missing = [entry for entry in possible if entry.title not in titles]
    # The login can buy tickets that it does not have.
    buyers = [user for user in context.regulars if user.email != _address(LOGINS["attendee"])]
    added = []
    for entry in progress(missing) if missing else ():
        details = context.details(entry, starts_at(entry))
        if entry.recurrence:
            details["recurrence_pattern"] = entry.recurrence
        event = create(
            organizer=context.organizers[entry.organizer], details=details, is_counted=False
        )
        if entry.tickets:
            sell_tickets(event, entry, buyers)
        elif entry.status != "draft":
            _fill(event, entry, context.regulars)
        if entry.status == "cancelled":
            cancel_event(event_id=event.pk)
        added.append(event.pk)
    while fan_out():  # one run handles a limited number
        pass
    keep_in_app(user_ids=[person.pk for person in context.regulars])
    events = Event.objects.filter(pk__in=added)
    spread_answers(events, now)
    date_sales(events)
    return len(missing)


def logins() -> dict[str, str]:
    """Return the usernames of the demo logins by role."""
    addresses = {role: _address(name) for role, name in LOGINS.items()}
    found = dict(User.objects.filter(email__in=addresses.values()).values_list("email", "username"))
    return {role: found[email] for role, email in addresses.items() if email in found}


def _address(username: str) -> str:
    return f"{username}@demo.example.com"


def _people(people: Iterable[Person], **state: Any) -> dict[str, User]:
    """Return the accounts by their usernames in the catalogue, and create missing ones.

    They are recognized by their e-mail addresses.
    """
    wanted = {_address(person.username): person for person in people}
    existing = set(User.objects.filter(email__in=wanted).values_list("email", flat=True))
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
        if address not in existing
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
        save_category_or_tag(category)
    return category


def _fill(event: Event, entry: DemoEvent, people: list[User]) -> None:
    """Add RSVPs until the demand in the catalogue is met; the same ones on every run."""
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
