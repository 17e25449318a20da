"""Users and events for tests, created by the services, so that all rules hold from the start."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from events.models import Category, Event, Tag
from events.series.scopes import create
from rsvp.services import join_event

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"person{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    has_verified_email = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        is_verified = kwargs.pop("has_verified_email")
        user = model_class.objects.create_user(password=PASSWORD, **kwargs)
        user.emailaddress_set.update(verified=is_verified)  # type: ignore[attr-defined]
        return user


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")
    slug = factory.Sequence(lambda number: f"category-{number}")


class TagFactory(DjangoModelFactory[Tag]):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda number: f"Tag {number}")
    slug = factory.Sequence(lambda number: f"tag-{number}")


class EventFactory(DjangoModelFactory[Event]):
    class Meta:
        model = Event

    title = factory.Sequence(lambda number: f"Event {number}")
    description = ""
    location = "Town hall"
    start_time = factory.LazyFunction(
        lambda: timezone.now().replace(microsecond=0) + timedelta(days=7)
    )
    end_time = factory.LazyAttribute(lambda event: event.start_time + timedelta(hours=2))
    created_by = factory.SubFactory(UserFactory, is_organizer=True)

    @classmethod
    def _create(cls, model_class: type[Event], *args: Any, **kwargs: Any) -> Event:
        return create(organizer=kwargs.pop("created_by"), details=kwargs)


def unverify(user: User) -> None:
    """Undo the verification of the user's email address."""
    user.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]


def people(number: int) -> list[User]:
    return UserFactory.create_batch(number)


def fill(event: Event, number: int) -> list[User]:
    """Have this many new users join, one seat each."""
    crowd = people(number)
    for person in crowd:
        join_event(event_id=event.pk, attendee=person)
    return crowd


def begin(event: Event) -> None:
    """Move the event so that it started an hour ago."""
    now = timezone.now().replace(microsecond=0)
    _move(event, now - timedelta(hours=1), now + timedelta(hours=1))


def end(event: Event) -> None:
    """Move the event so that it ended an hour ago."""
    now = timezone.now().replace(microsecond=0)
    _move(event, now - timedelta(hours=3), now - timedelta(hours=1))


def call_off(event: Event) -> None:
    """Cancel the event without the service, which refuses events that are over."""
    Event.objects.filter(pk=event.pk).update(status=Event.Status.CANCELLED)


def take_out(event: Event) -> None:
    """Delete the event without the service, which refuses events that are over."""
    Event.objects.filter(pk=event.pk).update(deleted_at=timezone.now())


def _move(event: Event, start_time: Any, end_time: Any) -> None:
    Event.objects.filter(pk=event.pk).update(start_time=start_time, end_time=end_time)


def event_body(**changes: Any) -> dict[str, Any]:
    """Return a request body for a new event."""
    start = timezone.now() + timedelta(days=7)
    return {
        "title": "Rooftop Jazz Night",
        "description": "Three trios, one skyline.",
        "location": "Dachgarten, Berlin",
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=3)).isoformat(),
    } | changes
