"""Query parameters of RSVP lists."""

import django_filters
from django.utils import timezone

from core.api.fields import NameFilter, TextFilter, WordFilter, YesNoFilter
from rsvp.models import Rsvp, RsvpQuerySet
from rsvp.selectors import EVERY_STATUS


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
    """Validates the parameters only; the view decides who may use them."""

    status = WordFilter(
        choices=[*Rsvp.Status.choices, (EVERY_STATUS, EVERY_STATUS)],
        label="Default: going. The other public one is interested; the owner, helpers and admins "
        "can also use waitlisted, cancelled and all.",
    )
    checked_in = YesNoFilter(
        label="Whether anybody of the party was checked in. For the owner, helpers and admins."
    )
    search = TextFilter(
        label="Part of a name or an email address. For the owner, helpers and admins."
    )
    format = WordFilter(
        choices=[("csv", "csv"), ("json", "json")],
        label="csv: the list as a file, for the owner and admins.",
    )
    after = NameFilter(label="Cursor of the next part, from the `Link` header.")
