"""Events as their readers see them, for responses.

A *card* is what the row of an event shows to everyone. Each process keeps the cards of events that
were read lately, by the version of the row, so that a page needs one statement: versions, counts,
names, and what upper apps add for the reader. A write gives the row another version, so that the
next read sees it in every process. SQLite has no versions of rows, and reads everything.

The bodies equal those of `EventSerializer`, which describes them for Swagger. It takes twelve times
as long, with the model instances that it needs (docs/architecture/performance.md).
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from cachetools import LRUCache
from django.db import connection
from django.db.models import BigIntegerField
from django.utils import timezone

from accounts.models import User
from core.clock import instant
from core.database.functions import QueryFunction
from core.database.statements import Parameter, Statement
from events.all_day import stored_days
from events.exceptions import EventNotFound
from events.extras import event_extras
from events.models import Event, EventQuerySet, Role, Tag
from events.models.events import HELPERS_STAY
from events.models.helpers import role_of
from events.models.ratings import average
from events.models.tallies import is_full, spots_left
from events.selectors import banner_urls, visible_to

# Of one process. Descriptions have at most 20,000 characters, and mostly a few hundred.
MOST_CARDS = 5000

_READER = Parameter("reader", BigIntegerField())
_IDS = Parameter("ids", BigIntegerField())

Body = dict[str, Any]
Row = tuple[Any, ...]
"""ID, version, counts, names and extras of an event. Equal rows have equal bodies."""
# The columns of a card, in the order of `_card`.
_COLUMNS = (
    "id", "title", "description", "location", "latitude", "longitude", "start_time", "end_time",
    "end_time_known", "is_all_day", "timezone", "status", "cancellation_reason", "series_id",
    "banner", "requires_verified_email", "refund_policy", "refund_until_hours",
    "external_provider", "external_event_id", "external_url", "external_status", "price",
    "currency", "created_at", "updated_at",
)  # fmt: skip
_COUNTS = (
    "tally__max_attendees", "tally__going", "tally__held", "tally__interested",
    "tally__waiting", "tally__passed_over", "tally__has_ticket_types", "tally__tickets_left",
    "rating__count", "rating__sum",
)  # fmt: skip
_NAMES = (
    "created_by_id", "created_by__username", "created_by__display_name",
    "category_id", "category__name", "category__slug", "series__recurrence_pattern",
)  # fmt: skip

_kept: LRUCache[int, tuple[str, Body]] = LRUCache(MOST_CARDS)
_lock = Lock()


# Of the events $1, in this order, for the reader $2. Names are subqueries, because PostgreSQL would
# plan as many joins for longer than it runs them. The array of where the reader helps is read once.
_ROWS = """SELECT event.id, {version}, tally.max_attendees, tally.going, tally.held,
    tally.interested, tally.waiting, tally.passed_over, tally.has_ticket_types, tally.tickets_left,
    rating.count, rating.sum,
    event.created_by_id, event.category_id,
    (SELECT ARRAY[username, display_name] FROM accounts_user WHERE id = event.created_by_id),
    (SELECT ARRAY[name, slug] FROM events_category WHERE id = event.category_id),
    (SELECT recurrence_pattern FROM events_series WHERE id = event.series_id),
    (SELECT array_agg(ARRAY[tag.id::text, tag.name, tag.slug] ORDER BY tag.name, tag.id)
        FROM events_event_tags AS tagged JOIN events_tag AS tag ON tag.id = tagged.tag_id
        WHERE tagged.event_id = event.id),
    CASE WHEN event.created_by_id = $2 THEN '{owner}'
        WHEN event.end_time > now() - interval '{stay}'
            AND event.id = ANY (ARRAY(SELECT event_id FROM events_helper WHERE user_id = $2))
        THEN '{door}' END{extras}
FROM unnest($1) WITH ORDINALITY AS page (id, place)
    JOIN events_event AS event ON event.id = page.id
    JOIN events_tally AS tally ON tally.event_id = page.id
    JOIN events_rating AS rating ON rating.event_id = page.id
ORDER BY page.place"""
# The names and types of the columns, before those of the extras.
_TYPES = """id bigint, version text, max_attendees integer, going integer, held integer,
    interested integer, waiting integer, passed_over integer,
    has_ticket_types boolean, tickets_left integer,
    count integer, sum bigint,
    created_by_id bigint, category_id bigint,
    creator varchar[], category varchar[], pattern varchar, tags text[], my_role text"""
_CARDS = "SELECT {columns}, {version} FROM events_event AS event WHERE id = ANY(%s)"
# No later write of any row has the same one; of two writes in one transaction, `ctid` differs.
_VERSION = "event.xmin::text || event.ctid::text"
_CARDS_BY_ID = Statement(_CARDS.format(columns=", ".join(_COLUMNS), version=_VERSION), [_IDS])


def _has_versions() -> bool:
    return connection.vendor == "postgresql"


class CardQuery:
    """A query for events, compiled once."""

    def __init__(self, events: EventQuerySet) -> None:
        self._ids = Statement.of(events.values_list("pk")).page()

    def rows(self, reader: User, *, limit: int, offset: int = 0, **values: Any) -> list[Row]:
        """Return some of the events, for `bodies`; `values` are those of the query's parameters."""
        values |= {"reader": reader.pk, "limit": limit, "offset": offset}
        if not _has_versions():
            return _plain_rows([pk for (pk,) in self._ids.rows(**values)], reader)
        return self._statement().rows(**values)

    def rows_with(
        self, value: Statement, reader: User, *, limit: int, offset: int
    ) -> tuple[list[Row], Any]:
        """Return `rows`, and the value of another statement if there are rows.

        On SQLite it is None: a second query costs no round trip there.
        """
        if not _has_versions():
            return self.rows(reader, limit=limit, offset=offset), None
        values = {"reader": reader.pk, "limit": limit, "offset": offset}
        found = self._statement().with_value(value).rows(**values)
        return [tuple(row) for *row, _ in found], found[0][-1] if found else None

    def _statement(self) -> Statement:
        sql = rows_function().query("ARRAY({}), %s::bigint", using=connection.alias)
        return self._ids.within(sql, [_READER])


def bodies(rows: Sequence[Row], *, base: str) -> list[Body]:
    """Return the bodies of these events; URLs of pictures start with `base`."""
    cards = _cards({event_id: version for event_id, version, *_ in rows})
    return [_body(cards[event_id], row, base) for event_id, _, *row in rows if event_id in cards]


def visible_row(*, event_id: int, reader: User) -> Row:
    """Return an event that the user can read. Raises EventNotFound."""
    for row in _visible_by_id().rows(reader, limit=1, event_id=event_id):
        return row
    raise EventNotFound


@cache
def _visible_by_id() -> CardQuery:
    events = visible_to(_READER).filter(pk=Parameter("event_id", BigIntegerField()))
    return CardQuery(events.order_by())


@cache
def rows_function() -> QueryFunction:
    """Return the function that reads rows by IDs: planning took longer than all the rest."""
    extras = event_extras()
    columns = [extra.sql.format(event="event.id", reader="$2") for extra in extras]
    return QueryFunction(
        "events_rows",
        params=["bigint[]", "bigint"],
        columns=_TYPES + "".join(f", {extra.name} json" for extra in extras),
        sql=_ROWS.format(
            version=_VERSION,
            owner=Role.OWNER.value,
            door=Role.DOOR.value,
            stay=f"{HELPERS_STAY.total_seconds():.0f} seconds",
            extras="".join(f",\n    ({sql})" for sql in columns),
        ),
    )


def _cards(versions: dict[int, Any]) -> dict[int, Body]:
    """Return the cards of these events; an event that was just deleted has none."""
    if not _has_versions():
        return versions
    with _lock:
        kept = {pk: _kept.get(pk, ("", {})) for pk in versions}
    cards = {pk: card for pk, (version, card) in kept.items() if version == versions[pk]}
    if missing := [pk for pk in versions if pk not in cards]:
        rows = _CARDS_BY_ID.rows(ids=missing)
        read = {row[0]: (version, _card(row)) for *row, version in rows}
        with _lock:
            _kept.update(read)
        cards |= {pk: card for pk, (_, card) in read.items()}
    return cards


def _plain_rows(ids: list[int], reader: User) -> list[Row]:
    """Return rows as `_ROWS` does; the version is the card itself."""
    if not ids:
        return []
    events = Event.objects.filter(pk__in=ids).order_by()
    events = events.annotate(role=role_of(reader, now=timezone.now()))
    found = {row[0]: row for row in events.values_list(*_COLUMNS, *_COUNTS, *_NAMES, "role")}
    tags = defaultdict(list)
    tagged = Tag.events.through.objects.filter(event__in=ids).order_by("tag__name", "tag")
    for event_id, *tag in tagged.values_list("event", "tag", "tag__name", "tag__slug"):
        tags[event_id].append(tag)
    loaded = [(extra, extra.load(reader, ids)) for extra in event_extras()]
    rows = []
    for event_id in ids:
        columns, moving = found[event_id][: len(_COLUMNS)], found[event_id][len(_COLUMNS) :]
        *counts, creator, username, display_name, category, name, slug, pattern, role = moving
        extras = [
            extra.serializer(values[event_id]).data if event_id in values else None
            for extra, values in loaded
        ]
        names = ((username, display_name), (name, slug), pattern, tags[event_id], role)
        rows.append((event_id, _card(columns), *counts, creator, category, *names, *extras))
    return rows


def _card(row: Sequence[Any]) -> Body:
    """Return a body with these columns; `_body` fills the rest of a copy."""
    (
        pk, title, description, location, latitude, longitude, start, end, end_time_known,
        is_all_day, zone, status, cancellation_reason, series, banner, requires_verified_email,
        refund_policy, refund_until_hours, provider, external_id, external_url, external_status,
        price, currency, created, updated,
    ) = row  # fmt: skip
    times = (instant(start), instant(end))
    if is_all_day:
        first, last = stored_days(start, end, ZoneInfo(zone))
        times = (first.isoformat(), last.isoformat())
    return {
        "id": pk,
        "title": title,
        "description": description,
        "location": location,
        "latitude": latitude,
        "longitude": longitude,
        "start_time": times[0],
        "end_time": times[1],
        "end_time_known": end_time_known,
        "is_all_day": is_all_day,
        "timezone": zone,
        "status": status,
        "cancellation_reason": cancellation_reason,
        "created_by": None,
        "category": None,
        "tags": [],
        "is_recurring": series is not None,
        "recurrence_pattern": None,
        "series": series,
        "banner": banner,
        "max_attendees": None,
        "going_count": 0,
        "interested_count": 0,
        "waitlist_count": 0,
        "spots_left": None,
        "is_full": False,
        "requires_verified_email": requires_verified_email,
        "refund_policy": refund_policy,
        "refund_until_hours": refund_until_hours,
        "average_rating": None,
        "review_count": 0,
        "external_provider": provider or None,
        "external_event_id": external_id or None,
        "external_url": external_url or None,
        "external_status": external_status or None,
        "price": None if price is None else f"{price:.2f}",
        "currency": currency or None,
        "created_at": instant(created),
        "updated_at": instant(updated),
    }


def _body(card: Body, moving: Sequence[Any], base: str) -> Body:
    (
        limit, going, held, interested, waiting, passed_over, has_ticket_types, tickets_left,
        reviews, stars, creator, category,
        creator_names, category_names, pattern, tags, role, *extras,
    ) = moving  # fmt: skip
    body = card.copy()
    if creator is not None:
        username, display_name = creator_names
        shown_name = display_name or username
        body["created_by"] = {"id": creator, "username": username, "display_name": shown_name}
    if category is not None:
        name, slug = category_names
        body["category"] = {"id": category, "name": name, "slug": slug}
    body["tags"] = [{"id": int(pk), "name": name, "slug": slug} for pk, name, slug in tags or ()]
    body["recurrence_pattern"] = pattern
    body["banner"] = banner_urls(card["banner"], base=base)
    body["max_attendees"] = limit
    body["going_count"] = going
    body["interested_count"] = interested
    body["waitlist_count"] = waiting
    body["spots_left"] = spots_left(limit, going + held, tickets_left)
    body["is_full"] = is_full(
        limit, going + held, waiting, passed_over, bool(has_ticket_types), tickets_left
    )
    body["average_rating"] = average(reviews, stars)
    body["review_count"] = reviews
    body["my_role"] = role
    for extra, value in zip(event_extras(), extras, strict=True):
        body[extra.name] = value
    return body
