"""Times as people read them: in messages, in the admin, and on its dashboards.

One form everywhere: `Fri 4 Jun 2027, 19:00 Europe/Berlin`. A month that is a word cannot be taken
for a day, and a name of the IANA database is one zone, where `CST` is three. Times of an event are
those of its own zone; all other times in the admin are UTC.
"""

from datetime import UTC, date, datetime, tzinfo

from django.utils.dateformat import format as format_date


def day(at: date) -> str:
    """`Fri 4 Jun 2027`"""
    return format_date(at, "D j M Y")


def days(first: date, last: date) -> str:
    """`Fri 4 Jun 2027 – Sun 6 Jun 2027`, or one day"""
    return " – ".join(day(each) for each in sorted({first, last}))


def clock(at: datetime) -> str:
    """`19:00`; with the name of the offset in the hour that comes twice when summer time ends."""
    comes_twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return f"{at:%H:%M %Z}" if comes_twice else f"{at:%H:%M}"


def written(at: datetime, zone: tzinfo = UTC) -> str:
    """`Fri 4 Jun 2027, 19:00 Europe/Berlin`"""
    local = at.astimezone(zone)
    return f"{day(local)}, {clock(local)} {zone}"


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """`Fri 4 Jun 2027, 19:00 – 22:00 Europe/Berlin`; the second day only where it is another."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = clock(last) if first.date() == last.date() else f"{day(last)}, {clock(last)}"
    return f"{day(first)}, {clock(first)} – {until} {zone}"
