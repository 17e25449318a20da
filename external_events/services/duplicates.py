"""The same concert, sold by two: told to people, and merged by nobody."""

import re
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from rapidfuzz import fuzz, utils

from events.models import Event
from external_events.models import Duplicate

# Providers tell the doors or the show.
_APART = timedelta(minutes=60)
# About 500 m: the same hall, whichever of its corners was measured.
_DEGREES = 0.005
# Of 100, by the words that both have, in any order: "Ada Lovelace – Live" is "Ada Lovelace".
ALIKE = 80
ALIKE_PLACES = 70
# So many may start within that hour before it is no longer worth looking.
_MOST = 300
_MOST_COPIES = 20


def note_duplicates(event: Event) -> list[Duplicate]:
    """Note what may be the same event: near in time, at the same place, of a like title.

    Two queries at most.
    """
    found = []
    for pk, likeness in likenesses(event).items():
        first, second = sorted((pk, event.pk))
        found.append(Duplicate(event_id=second, other_id=first, likeness=likeness))
    Duplicate.objects.bulk_create(found, ignore_conflicts=True)
    return found


def likenesses(event: Event) -> dict[int, int]:
    """How like the titles are of what may be the same event, by its id; it need not be saved.

    Only what is from elsewhere than `event` is, as a provider knows its own. One query.
    """
    near = (
        Event.objects.listed()
        .filter(start_time__range=(event.start_time - _APART, event.start_time + _APART))
        .exclude(pk=event.pk)
        .exclude(external_provider=event.external_provider)
    )
    if event.latitude is not None and event.longitude is not None:
        lat, lon = event.latitude, event.longitude
        near = near.filter(
            Q(latitude=None)
            | Q(
                latitude__range=(lat - _DEGREES, lat + _DEGREES),
                longitude__range=(lon - _DEGREES * 2, lon + _DEGREES * 2),
            )
        )
    found = {}
    columns = ("pk", "title", "location", "latitude")
    for pk, title, location, latitude in near.order_by("pk").values_list(*columns)[:_MOST]:
        likeness = _title_likeness(event.title, title)
        if likeness < ALIKE:
            continue
        is_measured = event.latitude is not None and latitude is not None
        if not is_measured and _place_likeness(event.location, location) < ALIKE_PLACES:
            continue
        found[pk] = round(likeness)
    return found


def _title_likeness(one: str, other: str) -> float:
    """Up to 100; nought where they name different numbers, as evenings of one row do."""
    first, second = (set(re.findall(r"\d+", title)) for title in (one, other))
    if first and second and not first & second:
        return 0
    return float(fuzz.token_set_ratio(one, other, processor=utils.default_process))


def _place_likeness(one: str, other: str) -> float:
    """Of the halls' names, where they have them: addresses are written in too many ways."""
    first, second = one.partition(",")[0], other.partition(",")[0]
    return float(fuzz.token_set_ratio(first, second, processor=utils.default_process))


def how_many_have_twins(new_ids: list[int]) -> int:
    """Of events that are just made: for how many a possible duplicate was noted. One query."""
    pairs = Duplicate.objects.filter(event__in=new_ids)
    return pairs.values("event").distinct().order_by().count()


def others_of(event: Event) -> list[Event]:
    """Return published events that may be the same one and were not reviewed yet.

    At most `_MOST_COPIES` of them are other imports of the same event of the provider, the
    primary one first. Three queries at most.
    """
    mine = Duplicate.objects.filter(verdict=Duplicate.Verdict.OPEN)
    pairs = mine.filter(Q(event=event) | Q(other=event)).values_list("event_id", "other_id")
    ids = {pk for pair in pairs for pk in pair} - {event.pk}
    return [*_copies_of(event), *Event.objects.listed().filter(pk__in=ids).order_by("pk")]


def _copies_of(event: Event) -> list[Event]:
    """No Duplicate row for these: the provider's id shows that they are the same."""
    copies = Event.objects.listed().filter(
        external_provider=event.external_provider, external_event_id=event.external_event_id
    )
    others = copies.exclude(pk=event.pk).order_by("-external_is_primary", "pk")
    return list(others[:_MOST_COPIES]) if event.external_provider else []


def judge(*, duplicate_ids: Iterable[int], verdict: Duplicate.Verdict) -> int:
    """Note what people found; answers of how many. Neither event is touched."""
    return Duplicate.objects.filter(pk__in=list(duplicate_ids)).update(verdict=verdict)
