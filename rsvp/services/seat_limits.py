"""Limits on the seats that one person, or one client address, can take.

They stop invented crowds: accounts without a verified address, and guests of many accounts behind
one client address. Walk-ins and promotions from the waitlist are not limited: check-in staff saw
the person, or the limits were checked when the party joined the waitlist.
"""

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core.errors import TooManyTries
from core.ratelimit.throttles import spend_rate
from events.models import Event
from rsvp.exceptions import TooManyGuests, TooManyUnverifiedSeats, VerifiedPeopleOnly
from rsvp.models import HAS_PLACE, Rsvp


class SeatLimits:
    """The limits for one RSVP, to one event or to all dates of a series.

    Call `check` for each event under the lock of its tally and of the person, and `spend` last,
    because it locks a counter that all clients with the same address share. `address` is a bucket
    of `core.ratelimit.throttles`; None skips the limits by address.
    """

    def __init__(self, *, attendee: User, is_verified: bool, address: str | None) -> None:
        self._attendee, self._is_verified, self._address = attendee, is_verified, address
        self._open_seats: int | None = None
        self._new_unverified_seats = 0
        self._new_guests: dict[str, int] = {}

    def check(self, event: Event, rsvp: Rsvp, guests: int) -> None:
        """Raise VerifiedPeopleOnly or TooManyUnverifiedSeats if the party grows too large.

        Existing seats and waitlist places are never taken away.
        """
        held = rsvp.party if rsvp.status in HAS_PLACE else 0
        more = 1 + guests - held
        if more <= 0:
            return
        if not self._is_verified:
            self._check_unverified(event, more)
        # The dates of a series share a count, because one RSVP may be for all of them.
        key = f"series-{event.series_id}" if event.series_id else f"event-{event.pk}"
        self._new_guests[key] = max(self._new_guests.get(key, 0), more if held else guests)

    def _check_unverified(self, event: Event, more: int) -> None:
        if event.requires_verified_email:
            raise VerifiedPeopleOnly
        if not settings.RATE_LIMITS:
            return
        if self._open_seats is None:
            self._open_seats = _open_seats(self._attendee)
        if self._open_seats + more > settings.UNVERIFIED_SEATS:
            raise TooManyUnverifiedSeats
        self._open_seats += more
        self._new_unverified_seats += more

    def spend(self) -> None:
        """Count the new seats by the client's address, in the caller's transaction.

        Raises TooManyUnverifiedSeats and TooManyGuests.
        """
        if self._address is None:
            return
        try:
            spend_rate("unverified_seats", self._address, number=self._new_unverified_seats)
        except TooManyTries as error:
            raise TooManyUnverifiedSeats(
                "Too many seats were taken from your network by accounts without a verified "
                "e-mail address. Verify your address, then try again."
            ) from error
        for key, number in sorted(self._new_guests.items()):
            try:
                spend_rate("guests", f"{self._address}:{key}", number=number)
            except TooManyTries as error:
                raise TooManyGuests(retry_after_s=error.retry_after_s) from error


def _open_seats(attendee: User) -> int:
    """Return the person's seats and waitlist places at events that have not ended.

    Unconfirmed walk-ins do not count, because only the organizer recorded them.
    """
    rows = Rsvp.objects.filter(
        user=attendee,
        is_confirmed=True,
        status__in=HAS_PLACE,
        event__end_time__gt=timezone.now(),
        event__deleted_at=None,
        event__status=Event.Status.PUBLISHED,
    )
    return rows.people()
