"""Query parameters of RSVP lists."""

from core.api.fields import FilterSet, NameFilter, TextFilter, WordFilter, YesNoFilter
from rsvp.models import Rsvp
from rsvp.selectors import EVERY_STATUS


class RsvpFilter(FilterSet):
    """Validates the parameters of `selectors.own_rsvps` only."""

    when = WordFilter(
        choices=[("upcoming", "upcoming"), ("past", "past")],
        label="upcoming: events that have not ended.",
    )
    status = WordFilter(choices=Rsvp.Status.choices)


class AttendeeFilter(FilterSet):
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
