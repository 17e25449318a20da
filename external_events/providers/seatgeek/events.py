"""Parse SeatGeek's JSON of an event."""

import re
from datetime import time
from typing import Any

from core.validators import zone_or_utc
from external_events.providers import parsing, times
from external_events.providers.parsing import as_dict, dicts, dig, is_true, one_line, whole_number
from external_events.providers.places import country_code
from external_events.records import ExternalEvent

ID = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_PLACEHOLDER = time(3, 30)  # sent for a time that is not known yet


def parse_event(entry: Any, *, provider: str) -> ExternalEvent | None:
    event = as_dict(entry)
    external_id, title = _id(event.get("id")), _title(event)
    if not external_id or not title:
        return None
    venue = as_dict(event.get("venue"))
    latitude, longitude = parsing.coordinates(
        dig(venue, "location", "lat"), dig(venue, "location", "lon")
    )
    return ExternalEvent(
        provider=provider,
        external_id=external_id,
        title=title,
        description=parsing.paragraphs(event.get("description")),
        location=parsing.place_name(
            venue.get("name"),
            venue.get("address"),
            venue.get("city"),
            one_line(venue.get("state")) or venue.get("country"),
        ),
        latitude=latitude,
        longitude=longitude,
        status=parsing.status(event.get("status")),
        url=parsing.url(event.get("url")),
        image=_image(event),
        categories=_categories(event),
        **_times(event, venue),
        **_prices(event),
    )


def _id(value: Any) -> str:
    number = whole_number(value)
    return str(number) if number and str(number) == str(value) else ""


def _title(event: dict[str, Any]) -> str:
    names = parsing.unique(one_line(performer.get("name")) for performer in _performers(event))
    return (
        one_line(event.get("title"))
        or one_line(event.get("short_title"))
        or parsing.truncate(", ".join(names), parsing.LONGEST_TITLE)
    )


def _performers(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the performers, the primary one first."""
    performers = dicts(event.get("performers"))
    return sorted(performers, key=lambda performer: not is_true(performer.get("primary")))


def _times(event: dict[str, Any], venue: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of time, by SeatGeek's flags.

    `time_tbd`: the day is right and the hour is a placeholder; `date_tbd`: the day is an estimate,
    too; `datetime_tbd`: both are open, unless `date_tbd` is false. `datetime_tbd` can be false
    while `time_tbd` is true.
    """
    local_time, utc_time = event.get("datetime_local"), event.get("datetime_utc")
    day, hour = times.parse_local(local_time)
    utc = times.parse_instant(utc_time)
    for text in (local_time, utc_time):  # an offset, which is rare, gives both
        if day is None:
            day, hour = times.parse_local_with_offset(text)
            utc = utc or (times.parse_instant(text) if day else None)
    country = country_code(one_line(venue.get("country")))
    zone = times.find_zone([venue.get("timezone")], day, hour, utc, country=country)
    if utc and zone and day is None:
        local = utc.astimezone(zone_or_utc(zone))
        day, hour = local.date(), local.time()
    both_are_open = is_true(event.get("datetime_tbd"))
    if is_true(event.get("date_tbd")) or (both_are_open and event.get("date_tbd") is not False):
        return times.time_fields(None, None, None, zone)
    # Old responses have no flags: 03:30 is a placeholder there, too.
    is_placeholder = hour == _PLACEHOLDER and event.get("time_tbd") is not False
    if both_are_open or is_placeholder or is_true(event.get("time_tbd")):
        start = None
    else:
        start = times.to_utc(day, hour, utc, zone)
    end = times.parse_instant(event.get("enddatetime_utc"))
    last_day = times.parse_day(event.get("enddatetime_utc"))
    return times.time_fields(start, end, day, zone, last_day=last_day)


def _image(event: dict[str, Any]) -> str:
    urls = (
        parsing.url(dig(performer, "images", "huge")) or parsing.url(performer.get("image"))
        for performer in _performers(event)
    )
    return next(filter(None, urls), "")


def _categories(event: dict[str, Any]) -> tuple[str, ...]:
    """Sort the taxonomies, a tree sent as a list in any order, from the root down."""
    taxonomies = dicts(event.get("taxonomies"))
    parents = {
        whole_number(taxonomy.get("id")): whole_number(taxonomy.get("parent_id"))
        for taxonomy in taxonomies
        if whole_number(taxonomy.get("id")) is not None
    }

    def depth(taxonomy: dict[str, Any]) -> int:
        ancestors: set[int | None] = set()
        parent = whole_number(taxonomy.get("parent_id"))
        while parent in parents and parent not in ancestors:
            ancestors.add(parent)
            parent = parents[parent]
        return len(ancestors)

    names = [taxonomy.get("name") for taxonomy in sorted(taxonomies, key=depth)]
    return tuple(parsing.unique(_readable(name) for name in [*names, event.get("type")]))


def _readable(name: Any) -> str:
    """SeatGeek writes names like_this."""
    text = name.replace("_", " ") if isinstance(name, str) else ""
    words = one_line(text, longest=parsing.LONGEST_CATEGORY)
    return words[:1].upper() + words[1:]


def _prices(event: dict[str, Any]) -> dict[str, Any]:
    """Return prices in US dollars, SeatGeek's only currency. Zero is a field left empty."""
    stats = as_dict(event.get("stats"))
    prices = parsing.prices(stats.get("lowest_price"), stats.get("highest_price"))
    low, high = (price or None for price in prices)
    return {"price_min": low, "price_max": high, "currency": "USD"} if low or high else {}
