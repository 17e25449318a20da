"""Reads of events."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from accounts.export import Part
from accounts.models import User
from core.database.statements import Parameter, Statement
from core.errors import BadValue
from core.images.folders import PictureFolder
from core.images.uploads import BANNER_WIDTHS
from events.exceptions import EventNotFound, SeriesNotFound
from events.extras import event_extras
from events.models import (
    DiscountCode,
    Event,
    EventQuerySet,
    Helper,
    Rating,
    Role,
    Series,
    TicketType,
)
from events.models.helpers import role_of

BANNERS = PictureFolder("event-banners", BANNER_WIDTHS)

_READER, _EVENT = (Parameter(name, BigIntegerField()) for name in ("reader", "event"))
_COLUMNS = [field.attname for field in Event._meta.concrete_fields]


def visible_to(user: User | Parameter) -> EventQuerySet:
    """Return the events that a user can read by ID: all except drafts of others."""
    own = Q(created_by=user)
    return Event.objects.alive().filter(~Q(status=Event.Status.DRAFT) | own)


def get_visible(*, event_id: int, user: User, with_details: bool = False) -> Event:
    """Return an event that the user can read. Raises EventNotFound."""
    if with_details:
        event = visible_to(user).with_details().filter(pk=event_id).first()
    else:
        rows = _visible_by_id().rows(reader=user.pk, event=event_id)
        event = Event.from_db(DEFAULT_DB_ALIAS, _COLUMNS, rows[0]) if rows else None
    if event is None:
        raise EventNotFound
    return event


@cache
def _visible_by_id() -> Statement:
    events = visible_to(_READER).filter(pk=_EVENT).order_by()
    return Statement.of(events.values_list(*_COLUMNS))


def helps_at(*, user: User, event: Event) -> bool:
    """Return whether the user is a helper of the event who still has access."""
    if not event.is_open_to_helpers(timezone.now()):
        return False
    return bool(_help().rows(reader=user.pk, event=event.pk))


def helped_events(user: User) -> EventQuerySet:
    """Return the events that a user helps at and still has access to; see `helps_at`."""
    events = visible_to(user).open_to_helpers(timezone.now())
    return events.filter(helpers__user=user).order_by()


@cache
def _help() -> Statement:
    helpers = Helper.objects.filter(event=_EVENT, user=_READER)
    return Statement.of(helpers.order_by().values_list("pk"))


def ticket_types(*, event: Event, user: User, code: str = "") -> QuerySet[TicketType]:
    """Return the ticket types that the user can see, with their tallies and the event's.

    Hidden types are shown to the owner and admins, and with a code that unlocks them. Raises
    the errors of `find_code`.
    """
    types = TicketType.objects.filter(event=event).select_related("tally", "event__tally")
    shown = Q(is_hidden=False)
    if code:
        shown |= Q(unlocked_by=find_code(event=event, code=code))
    is_owner = event.created_by_id == user.pk
    return types if is_owner or user.may("view", TicketType) else types.filter(shown).distinct()


def codes(event: Event) -> QuerySet[DiscountCode]:
    """Return the codes of an event with the currency of their amounts, oldest first."""
    rows = with_currency(DiscountCode.objects.filter(event=event))
    return rows.prefetch_related("unlocks").order_by("pk")


def with_currency(codes: QuerySet[DiscountCode]) -> QuerySet[DiscountCode]:
    """Add the `currency` of the events' ticket types, which is that of `amount_off`."""
    currencies = TicketType.objects.filter(event=OuterRef("event")).exclude(currency="")
    return codes.annotate(currency=Subquery(currencies.order_by().values("currency")[:1]))


def find_code(*, event: Event, code: str) -> DiscountCode:
    """Return a code of the event that can be used now, by its text in any case.

    Raises BadValue (`does_not_exist`, `code_not_valid_yet`, `code_expired`, `code_used_up`).
    """
    now = timezone.now()
    found = DiscountCode.objects.filter(event=event, code=code.strip().upper()).first()
    if found is None:
        message = "This event has no such code. Check its spelling."
        raise BadValue("code", "does_not_exist", message)
    if found.valid_from and now < found.valid_from:
        raise BadValue("code", "code_not_valid_yet", "This code is not valid yet.")
    if found.valid_until and now >= found.valid_until:
        raise BadValue("code", "code_expired", "This code is no longer valid.")
    if found.max_uses is not None and found.used >= found.max_uses:
        raise BadValue("code", "code_used_up", "This code was used as often as it can be.")
    return found


def get_series(*, series_id: int, user: User) -> Series:
    """Return a series that the user can read. Raises SeriesNotFound."""
    own = Q(created_by=user)
    series = Series.objects.alive().filter(~Q(status=Event.Status.DRAFT) | own)
    try:
        return series.select_related("category", "created_by").get(pk=series_id)
    except Series.DoesNotExist as error:
        raise SeriesNotFound from error


def series_of(user: User) -> QuerySet[Series]:
    """Return the series that a user organizes, newest first; see `add_dates_and_ratings`."""
    mine = Series.objects.alive().filter(created_by=user).select_related("category", "created_by")
    return mine.prefetch_related("tags").order_by("-id")


def add_dates_and_ratings(page: Sequence[Any]) -> None:
    """Set `next_date` and `rating` of each series, with one query each."""
    ids = [series.pk for series in page]
    dates = Event.objects.alive().to_come(timezone.now()).exclude(status=Event.Status.CANCELLED)
    soonest = dates.filter(series=OuterRef("pk")).order_by("start_time").values("pk")[:1]
    chosen = Series.objects.filter(pk__in=ids).order_by().values(date=Subquery(soonest))
    next_dates = {event.series_id: event for event in Event.objects.filter(pk__in=chosen)}
    rated = Rating.objects.filter(event__series__in=ids, event__deleted_at=None)
    by_series = rated.order_by().values_list("event__series")
    ratings = {
        pk: Rating(count=count, sum=stars)
        for pk, count, stars in by_series.annotate(Sum("count"), Sum("sum"))
    }
    for series in page:
        series.next_date = next_dates.get(series.pk)
        series.rating = ratings.get(series.pk, Rating(count=0, sum=0))


def visible_dates(series: Series, *, user: User) -> EventQuerySet:
    """Return the events of a series that the user can read, soonest first."""
    rows = visible_to(user).filter(series=series).order_by("start_time", "pk")
    return rows.select_related("category", "created_by")


def add_extras(events: Sequence[Event], *, user: User) -> None:
    """Set `my_role` and the registered extras on each event.

    Each extra takes one query, and so do the roles if there are events of others.
    """
    ids = [event.pk for event in events]
    roles = dict.fromkeys(ids, Role.OWNER.value)
    if others := [event.pk for event in events if event.created_by_id != user.pk]:
        of_others = Event.objects.filter(pk__in=others).order_by()
        roles |= of_others.values_list("pk", role_of(user, now=timezone.now()))
    values = {extra.name: extra.load(user, ids) for extra in event_extras() if ids}
    for event in events:
        event.my_role = roles[event.pk]
        event.extras = {name: by_id.get(event.pk) for name, by_id in values.items()}


def banner_urls(key: str, *, base: str = "") -> dict[str, str] | None:
    """Return the URL of each size, absolute to `base` or BASE_URL; None without a banner."""
    if not key:
        return None
    sizes = zip(("small", "medium", "large"), sorted(BANNERS.sizes), strict=True)
    return {name: BANNERS.url(key, size=width, base=base) for name, width in sizes}


def export_of(person: User, part: Part) -> dict[str, list[dict[str, Any]]]:
    """Return all events and series of the person with limits and tags, and where they help."""
    events = part.of("events.event", Event.objects.filter(created_by=person))
    series = Series.objects.filter(created_by=person).order_by("pk")
    helps: Any = Helper.objects.filter(user=person).order_by("pk")
    return {
        "events.event": _with_tags(events, max_attendees=F("tally__max_attendees")),
        "events.series": _with_tags(series),
        "events.helper": list(helps.values("id", "event_id", "created_at")),
    }


def _with_tags(mine: QuerySet[Any], **more: F) -> list[dict[str, Any]]:
    columns = [field.attname for field in mine.model._meta.concrete_fields]
    tags: dict[int, list[str]] = defaultdict(list)
    tagged = mine.filter(tags__isnull=False).values_list("pk", "tags__name")
    for pk, name in tagged.order_by("pk", "tags__name"):
        tags[pk].append(name)
    return [
        row | {"tags": tags[row["id"]], "banner_urls": banner_urls(row["banner"])}
        for row in mine.values(*columns, **more)
    ]
