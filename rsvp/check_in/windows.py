"""Check-in windows of an event: the present one, and those before its times were edited."""

from dataclasses import dataclass
from datetime import datetime

from events.models import Event, Tally
from rsvp.exceptions import CheckInClosed, CheckInNotOpen
from rsvp.models import FormerTimes
from rsvp.selectors import check_in_window


@dataclass(frozen=True)
class Window:
    """The period in which people are checked in.

    `former_times` is the date that check-ins belong to; None is the event's present date.
    """

    opens_at: datetime
    closes_at: datetime
    former_times: FormerTimes | None = None

    def require_open(self, at: datetime, *, after_end: bool = False) -> None:
        """Raise CheckInNotOpen or CheckInClosed; `after_end` allows late corrections."""
        if at < self.opens_at:
            raise CheckInNotOpen(self.opens_at)
        if not after_end:
            self.require_not_closed(at)

    def require_not_closed(self, at: datetime) -> None:
        """Raise CheckInClosed."""
        if at >= self.closes_at:
            raise CheckInClosed(self.closes_at)


class Windows:
    """The windows of one event, under the lock of its tally.

    `since` is the time of the earliest scan; None if all scans are made now.
    """

    def __init__(self, event: Event, tally: Tally, *, since: datetime | None = None) -> None:
        self._event, self._tally = event, tally
        self._former: list[FormerTimes] = []
        if since:
            replaced = FormerTimes.objects.filter(event=event, replaced_at__gt=since)
            self._former = list(replaced.order_by("replaced_at", "id"))

    @property
    def present(self) -> Window:
        return _window(self._event, closed_at=self._tally.check_in_closed_at)

    @property
    def other_dates(self) -> list[FormerTimes]:
        return [times for times in self._former if times.is_other_date]

    def at(self, moment: datetime) -> Window:
        """Return the window that was valid at a moment, by the times that the event had then."""
        valid = [times for times in self._former if times.replaced_at > moment]
        if not valid:
            return self.present
        date = next((times for times in valid if times.is_other_date), None)
        closed_at = (date or self._tally).check_in_closed_at
        return _window(valid[0], closed_at=closed_at, date=date)


def _window(
    times: Event | FormerTimes, *, closed_at: datetime | None, date: FormerTimes | None = None
) -> Window:
    opens_at, closes_at = check_in_window(times)
    return Window(opens_at, min(closes_at, closed_at or closes_at), date)
