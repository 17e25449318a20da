"""Times as text, in responses, in messages, in the admin, and on its dashboards.

Short texts have one form everywhere: `Fri 4 Jun 2027, 19:00 Europe/Berlin`. Mails write the same
in full: `Friday 4 June 2027, 19:00, Europe/Berlin`. The month is a word, so that nobody reads it
as the day. The zone has its IANA name, because an abbreviation such as `CST` means three zones.
Times of an event are in its own zone; all other times in the admin are in UTC.
"""

from datetime import UTC, date, datetime, tzinfo

from django.utils.dateformat import format as format_date


def instant(at: datetime | None) -> str | None:
    """Return the time as responses have it: in UTC, with Z, as DRF writes it."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z" if at else None


def day(at: date) -> str:
    """Return the day, such as `Fri 4 Jun 2027`."""
    return format_date(at, "D j M Y")


def full_day(at: date) -> str:
    """Return the day, such as `Friday 4 June 2027`."""
    return format_date(at, "l j F Y")


def days(first: date, last: date) -> str:
    """Return the days, such as `Fri 4 Jun 2027 – Sun 6 Jun 2027`, or the one day."""
    return " – ".join(day(at) for at in sorted({first, last}))


def full_days(first: date, last: date) -> str:
    """Return the days, such as `Friday 4 June 2027 – Sunday 6 June 2027`, or the one day."""
    return " – ".join(full_day(at) for at in sorted({first, last}))


def is_unambiguous(at: datetime) -> bool:
    """Return whether the clocks of the zone neither skip that hour nor show it twice."""
    return at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset()


def clock(at: datetime) -> str:
    """Return the time, such as `19:00`; with its offset's name in the hour that comes twice."""
    return f"{at:%H:%M}" if is_unambiguous(at) else f"{at:%H:%M %Z}"


def written(at: datetime, zone: tzinfo = UTC) -> str:
    """Return the time with its zone, such as `Fri 4 Jun 2027, 19:00 Europe/Berlin`."""
    local = at.astimezone(zone)
    return f"{day(local)}, {clock(local)} {zone}"


def full(at: datetime, zone: tzinfo) -> str:
    """Return the time with its zone, such as `Friday 4 June 2027, 19:00, Europe/Berlin`."""
    local = at.astimezone(zone)
    return f"{full_day(local)}, {clock(local)}, {zone}"


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Return both times, such as `Fri 4 Jun 2027, 19:00 – 22:00 Europe/Berlin`.

    The second day is left out if it is the same.
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = clock(last) if first.date() == last.date() else f"{day(last)}, {clock(last)}"
    return f"{day(first)}, {clock(first)} – {until} {zone}"


def full_span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Return both times, such as `Friday 4 June 2027, 19:00–22:00, Europe/Berlin`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    is_one_day = first.date() == last.date()
    until = f"–{clock(last)}" if is_one_day else f" – {full_day(last)}, {clock(last)}"
    return f"{full_day(first)}, {clock(first)}{until}, {zone}"
