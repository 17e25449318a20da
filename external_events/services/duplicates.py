"""Possible duplicates: one show from two providers, or in several rows. Nothing is merged."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q
from rapidfuzz import fuzz, utils

from core.validators import zone_or_utc
from events.models import Event
from external_events.models import Duplicate
from external_events.services.titles import Title

# Providers tell the doors or the show.
_APART = timedelta(minutes=60)
# About 500 m: the same hall, whichever of its corners was measured.
_DEGREES = 0.005
# The time before a show from which places to park are sold.
_PARKING_BEFORE = timedelta(hours=4)
# Of 100.
ALIKE = 80
ALIKE_PLACES = 70
# So many may start within that hour before it is no longer worth looking.
_MOST = 300
# Of a day's hours of entry, the nearest ones.
_MOST_PAIRS = 20
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
    """Return the ids of events that may be the same one, with the likeness of the titles to 100.

    `event` may be unsaved. An event of another provider, or of none, is a duplicate if its time is
    near and its title alike; an event of the same provider, if `_are_rows_of_one_show`. One query.
    """
    title = Title(event.title)
    near = Q(start_time__range=(event.start_time - _APART, event.start_time + _APART))
    if event.external_provider and (word := title.longest_word):
        # Rows of one show have its name in common, of which the longest word is the rarest.
        near |= Q(external_provider=event.external_provider, title__icontains=word)
    day = timedelta(days=1)
    candidates = (
        Event.objects.listed()
        .filter(near, start_time__range=(event.start_time - day, event.start_time + day))
        .exclude(pk=event.pk)
        .only("title", "location", "latitude", "start_time", "timezone", "external_provider")
    )
    if event.external_provider:  # other imports of the same row are no duplicates to be judged
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
    for other in candidates.order_by("pk")[:_MOST]:
        likeness = _likeness(event, other)
        if likeness >= ALIKE and _are_at_one_place(event, other):
            found.append((abs(other.start_time - event.start_time), other.pk, round(likeness)))
    return {pk: likeness for _, pk, likeness in sorted(found)[:_MOST_PAIRS]}


def _likeness(event: Event, other: Event) -> float:
    title, other_title = Title(event.title), Title(other.title)
    is_same_provider = event.external_provider == other.external_provider != ""
    if not is_same_provider:
        return title.likeness(other_title)
    return title.likeness_of_show(other_title) if _are_rows_of_one_show(event, other) else 0


def _are_rows_of_one_show(event: Event, other: Event) -> bool:
    """Return whether two rows of a provider may be one show, if their names are alike.

    A row whose title names an extra or an entry is near its show in time; a place to park may be
    sold for hours before. Two entries are on the same day. Without such words rows have the same
    name and begin within an hour: a matinee and an evening show do not.
    """
    first, second = sorted((event, other), key=lambda each: each.start_time)
    titles = Title(first.title), Title(second.title)
    apart = second.start_time - first.start_time
    if apart <= _APART:
        is_marked = any(each.is_extra or each.is_entry for each in titles)
        return is_marked or titles[0].show == titles[1].show
    if titles[0].is_parking and not titles[1].is_parking:
        return apart <= _PARKING_BEFORE
    are_entries = all(each.is_entry and not each.is_extra for each in titles)
    return are_entries and _day_of(first) == _day_of(second)


def _day_of(event: Event) -> date:
    return event.start_time.astimezone(zone_or_utc(event.timezone)).date()


def _are_at_one_place(event: Event, other: Event) -> bool:
    """Events with coordinates were compared by the database."""
    if event.latitude is not None and other.latitude is not None:
        return True
    return _place_likeness(event.location, other.location) >= ALIKE_PLACES


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
