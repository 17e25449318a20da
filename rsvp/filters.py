"""The query parameters of RSVP lists."""

import django_filters
from django.utils import timezone

from config.fields import WordFilter
from rsvp.models import Rsvp, RsvpQuerySet


class RsvpFilter(django_filters.FilterSet):
    when = WordFilter(
        method="of_events",
        choices=[("upcoming", "upcoming"), ("past", "past")],
        label="upcoming: events that have not ended.",
    )
    status = WordFilter(field_name="shown_status", choices=Rsvp.Status.choices)

    def of_events(self, rsvps: RsvpQuerySet, name: str, when: str) -> RsvpQuerySet:
        now = timezone.now()
        if when == "upcoming":
            return rsvps.filter(event__end_time__gt=now).order_by("event__start_time", "id")
        return rsvps.filter(event__end_time__lte=now)


class AttendeeFilter(django_filters.FilterSet):
    """Only reads the question: who may ask for what is the view's to say."""

    status = WordFilter(
        choices=Rsvp.Status.choices,
        label="going (without it), interested; for owner and admins also waitlisted, cancelled.",
    )
