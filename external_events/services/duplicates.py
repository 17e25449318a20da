"""Detect possible duplicates: one show from two providers, or in several rows of one provider.

They are reported, never merged automatically.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q
from rapidfuzz import fuzz, utils

from core.validators import zone_or_utc
from events.models import Event
from external_events.models import Duplicate
from external_events.services.show_titles import ShowTitle

# Providers state the time of the doors or of the show.
_APART = timedelta(minutes=60)
# About 500 m: coordinates of the same hall differ by that much.
_DEGREES = 0.005
# How long before a show its parking spaces can begin.
_PARKING_BEFORE = timedelta(hours=4)
# The least likeness, on a scale from 0 to 100.
ALIKE = 80
ALIKE_PLACES = 70
# Events near in time that are compared at most.
_MOST_COMPARED = 300
_MOST_PAIRS = 20  # the nearest of a day's hours of entry
_MOST_COPIES = 20


def save_duplicates(event: Event) -> list[Duplicate]:
    """Store events that may be the same: near in time, at the same place, with a similar title.

    Two queries at most.
    """
    pairs = []
    for pk, likeness in find_duplicates(event).items():
        first, second = sorted((pk, event.pk))
        pairs.append(Duplicate(event_id=second, other_id=first, likeness=likeness))
    Duplicate.objects.bulk_create(pairs, ignore_conflicts=True)
    return pairs


def find_duplicates(event: Event) -> dict[int, int]:
    """Return the ids of events that may be the same, with the likeness of the titles, up to 100.

    `event` may be unsaved. An event of another provider, or of none, is a duplicate if its time is
    near and its title similar; an event of the same provider, if `_are_rows_of_one_show`. One
    query.
    """
    near = Q(start_time__range=(event.start_time - _APART, event.start_time + _APART))
    if event.external_provider and (word := ShowTitle(event.title).longest_word):
        # Rows of one show have its name in common, of which the longest word is the rarest.
        near |= Q(external_provider=event.external_provider, title__icontains=word)
    day = timedelta(days=1)
    candidates = (
        Event.objects.listed()
        .filter(near, start_time__range=(event.start_time - day, event.start_time + day))
        .exclude(pk=event.pk)
        .only("title", "location", "latitude", "start_time", "timezone", "external_provider")
    )
    if event.external_provider:  # other imports of the same row are known to be the same
        candidates = candidates.exclude(
            external_provider=event.external_provider, external_event_id=event.external_event_id
        )
    if event.latitude is not None and event.longitude is not None:
        lat, lon = event.latitude, event.longitude
        candidates = candidates.filter(
            Q(latitude=None)
            | Q(
                latitude__range=(lat - _DEGREES, lat + _DEGREES),
                longitude__range=(lon - _DEGREES * 2, lon + _DEGREES * 2),
            )
        )
    found = []
    for other in candidates.order_by("pk")[:_MOST_COMPARED]:
        likeness = _likeness(event, other)
        if likeness >= ALIKE and _are_at_one_place(event, other):
            found.append((abs(other.start_time - event.start_time), other.pk, round(likeness)))
    return {pk: likeness for _, pk, likeness in sorted(found)[:_MOST_PAIRS]}


def _likeness(event: Event, other: Event) -> float:
    title, other_title = ShowTitle(event.title), ShowTitle(other.title)
    is_same_provider = event.external_provider == other.external_provider != ""
    if not is_same_provider:
        return title.likeness(other_title)
    return title.likeness_of_show(other_title) if _are_rows_of_one_show(event, other) else 0


def _are_rows_of_one_show(event: Event, other: Event) -> bool:
    """Return whether two rows of a provider may be one show, if their names are similar.

    A row whose title names an extra or an entry is near its show in time; parking may begin hours
    before. Two entries are on the same day. Without such words rows have the same name and begin
    within an hour: a matinee and an evening show do not.
    """
    first, second = sorted((event, other), key=lambda row: row.start_time)
    titles = ShowTitle(first.title), ShowTitle(second.title)
    apart = second.start_time - first.start_time
    if apart <= _APART:
        is_marked = any(title.is_extra or title.is_entry for title in titles)
        return is_marked or titles[0].show == titles[1].show
    if titles[0].is_parking and not titles[1].is_parking:
        return apart <= _PARKING_BEFORE
    are_entries = all(title.is_entry and not title.is_extra for title in titles)
    return are_entries and _day_of(first) == _day_of(second)


def _day_of(event: Event) -> date:
    return event.start_time.astimezone(zone_or_utc(event.timezone)).date()


def _are_at_one_place(event: Event, other: Event) -> bool:
    """Compare the names of the halls, as addresses vary; the database compared coordinates."""
    if event.latitude is not None and other.latitude is not None:
        return True
    first, second = event.location.partition(",")[0], other.location.partition(",")[0]
    return fuzz.token_set_ratio(first, second, processor=utils.default_process) >= ALIKE_PLACES


def count_with_duplicates(new_ids: list[int]) -> int:
    """Return how many of these new events have a possible duplicate. One query."""
    pairs = Duplicate.objects.filter(event__in=new_ids)
    return pairs.values("event").distinct().order_by().count()


def possible_duplicates(event: Event) -> list[Event]:
    """Return published events that may be the same and were not reviewed yet.

    At most `_MOST_COPIES` of them are other imports of the same event of the provider, the
    primary one first. Three queries at most.
    """
    mine = Duplicate.objects.filter(verdict=Duplicate.Verdict.OPEN)
    pairs = mine.filter(Q(event=event) | Q(other=event)).values_list("event_id", "other_id")
    ids = {pk for pair in pairs for pk in pair} - {event.pk}
    return [*_copies_of(event), *Event.objects.listed().filter(pk__in=ids).order_by("pk")]


def _copies_of(event: Event) -> list[Event]:
    """These have no Duplicate row: the provider's id shows that they are the same."""
    if not event.external_provider:
        return []
    copies = Event.objects.listed().filter(
        external_provider=event.external_provider, external_event_id=event.external_event_id
    )
    return list(copies.exclude(pk=event.pk).order_by("-external_is_primary", "pk")[:_MOST_COPIES])


def set_verdict(*, duplicate_ids: Iterable[int], verdict: Duplicate.Verdict) -> int:
    """Store the verdict on pairs; return how many. Does not change the events."""
    return Duplicate.objects.filter(pk__in=list(duplicate_ids)).update(verdict=verdict)
