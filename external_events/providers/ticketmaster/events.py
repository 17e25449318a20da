"""Parse Ticketmaster's JSON of an event."""

import re
from datetime import date, datetime, time
from typing import Any

from external_events.providers import parsing, times
from external_events.providers.parsing import as_dict, dicts, dig, is_true, one_line
from external_events.providers.places import country_code
from external_events.records import ExternalEvent

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WIDEST_IMAGE = 2048  # pixels; wider images are meant for print


def parse_event(entry: Any, *, provider: str) -> ExternalEvent | None:
    event = as_dict(entry)
    external_id, title = event.get("id"), _title(event)
    if not isinstance(external_id, str) or not ID.fullmatch(external_id) or not title:
        return None
    venue = _venue(event)
    latitude, longitude = parsing.coordinates(
        dig(venue, "location", "latitude"), dig(venue, "location", "longitude")
    )
    return ExternalEvent(
        provider=provider,
        external_id=external_id,
        title=title,
        description=_description(event),
        location=parsing.place_name(
            venue.get("name"),
            dig(venue, "address", "line1"),
            dig(venue, "city", "name"),
            one_line(dig(venue, "state", "name"))
            or one_line(dig(venue, "state", "stateCode"))
            or dig(venue, "country", "name"),
        ),
        latitude=latitude,
        longitude=longitude,
        # onsale and offsale are about the tickets only.
        status=parsing.status(dig(event, "dates", "status", "code")),
        url=parsing.url(event.get("url")),
        image=_image(event),
        categories=_categories(event),
        **_times(event, venue),
        **_prices(event),
    )


def _title(event: dict[str, Any]) -> str:
    attractions = dicts(dig(event, "_embedded", "attractions"))
    names = parsing.unique(one_line(attraction.get("name")) for attraction in attractions)
    return one_line(event.get("name")) or parsing.truncate(", ".join(names), parsing.LONGEST_TITLE)


def _description(event: dict[str, Any]) -> str:
    """Join the texts, without those that another one contains."""
    texts: list[str] = []
    for name in ("description", "info", "pleaseNote", "additionalInfo"):
        text = parsing.paragraphs(event.get(name))
        if text and not any(text in other for other in texts):
            texts = [other for other in texts if other not in text] + [text]
    return parsing.truncate("\n\n".join(texts), parsing.LONGEST_DESCRIPTION)


def _venues(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Events without a venue may have a `place`, which has the same fields."""
    venues = dicts(dig(event, "_embedded", "venues"))
    return [venue for venue in [*venues, as_dict(event.get("place"))] if venue]


def _venue(event: dict[str, Any]) -> dict[str, Any]:
    """Return the first venue with a name."""
    venues = _venues(event)
    named = (venue for venue in venues if one_line(venue.get("name")))
    return next(named, venues[0] if venues else {})


def _times(event: dict[str, Any], venue: dict[str, Any]) -> dict[str, Any]:
    dates = as_dict(event.get("dates"))
    day, hour, utc = _parse_point(as_dict(dates.get("start")))
    # `dates.timezone` is often missing; the venue is the better source.
    sources = [venue, dates, *_venues(event)]
    countries = (dig(venue, "country", name) for name in ("countryCode", "name"))
    codes = (country_code(one_line(country)) for country in countries)
    zone = times.find_zone(
        [source.get("timezone") for source in sources],
        day,
        hour,
        utc,
        country=next(filter(None, codes), ""),
    )
    start = times.to_utc(day, hour, utc, zone)
    end_point = as_dict(dates.get("end"))
    last_day, last_hour, last_utc = _parse_point(end_point)
    if is_true(end_point.get("approximate")):
        last_hour = last_utc = None
        last_day = None if last_day == day else last_day
    end = times.to_utc(last_day, last_hour, last_utc, zone)
    return times.time_fields(start, end, day, zone, last_day=last_day if end is None else None)


def _parse_point(point: dict[str, Any]) -> tuple[date | None, time | None, datetime | None]:
    """Return the local day, the local time and the instant, without parts flagged as open."""
    if any(is_true(point.get(flag)) for flag in ("dateTBA", "dateTBD")):
        return None, None, None
    day = times.parse_day(point.get("localDate"))
    if any(is_true(point.get(flag)) for flag in ("timeTBA", "noSpecificTime")):
        return day, None, None
    hour = times.parse_time(point.get("localTime"))
    utc = times.parse_instant(point.get("dateTime"))
    if day is None and hour is None:
        day, hour = times.parse_local_with_offset(point.get("dateTime"))
    return day, hour, utc


def _image(event: dict[str, Any]) -> str:
    """Return a wide image, preferably of the event itself and not of its category."""

    def rank(image: dict[str, Any]) -> tuple[bool, bool, bool, int]:
        width = parsing.whole_number(image.get("width")) or 0
        fits = width <= _WIDEST_IMAGE
        return (
            not is_true(image.get("fallback")),
            image.get("ratio") in ("16_9", "3_2"),
            fits,
            width if fits else -width,
        )

    images = [image for image in dicts(event.get("images")) if parsing.url(image.get("url"))]
    return parsing.url(max(images, key=rank)["url"]) if images else ""


def _categories(event: dict[str, Any]) -> tuple[str, ...]:
    classifications = dicts(event.get("classifications"))
    classifications.sort(key=lambda item: not is_true(item.get("primary")))
    names = (
        one_line(dig(item, kind, "name"), longest=parsing.LONGEST_CATEGORY)
        for item in classifications[:1]
        for kind in ("segment", "genre", "subGenre")
    )
    return tuple(parsing.unique(name for name in names if name.lower() != "undefined"))


def _prices(event: dict[str, Any]) -> dict[str, Any]:
    """Return the first range of prices, those without fees before the others."""
    ranges = dicts(event.get("priceRanges"))
    ranges.sort(key=lambda item: one_line(item.get("type")).lower() != "standard")
    for item in ranges:
        low, high = parsing.prices(item.get("min"), item.get("max"))
        if low is not None or high is not None:
            currency = parsing.currency(item.get("currency"))
            return {"price_min": low, "price_max": high, "currency": currency}
    return {}
