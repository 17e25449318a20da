"""What a provider found, as the admin shows it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html

from core import clock
from core.errors import RuleBroken
from events.admin.rows import local_in
from events.models import Event
from external_events.admin.rows import NOTHING, outside, price, provider_title, status_badge
from external_events.forms import SearchForm
from external_events.records import ExternalEvent
from external_events.selectors import Copies, copies_of
from external_events.services import finding
from external_events.services.details import FindCategory, category_finder
from external_events.services.duplicates import likenesses
from external_events.services.importing import preview
from external_events.services.shares import Caller

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    """One result. `here` links to its imports; `can_choose`: it can be imported now."""

    record: ExternalEvent
    when: str
    status: str
    price: str
    page: str
    here: str
    refusal: str
    can_choose: bool


@dataclass(frozen=True)
class Results:
    """One page of them; `reachable`: so many can be paged to."""

    rows: list[Row]
    total: int
    reachable: int
    number: int
    answer: finding.Answer

    @property
    def records(self) -> dict[str, ExternalEvent]:
        return {row.record.external_id: row.record for row in self.rows}

    @property
    def has_next(self) -> bool:
        return self.number * PAGE_SIZE < self.reachable


def results_of(form: SearchForm, *, number: int, caller: Caller) -> Results:
    """A page from 1 on, the last one for whatever is past it; two queries. Raises what `search`
    does."""
    provider = form.asked
    number = max(1, min(number, provider.reachable // PAGE_SIZE))
    answer = finding.search(provider, form.words(), page=number, size=PAGE_SIZE, caller=caller)
    records = answer.found.records
    here = copies_of(provider.name, [each.external_id for each in records])
    find_category = category_finder()
    return Results(
        rows=[_row(each, here.get(each.external_id), find_category) for each in records],
        total=answer.found.total,
        reachable=answer.count,
        number=number,
        answer=answer,
    )


def _row(record: ExternalEvent, copies: Copies | None, find_category: FindCategory) -> Row:
    """Whether it can be imported: imports by other organizers do not matter."""
    is_primary_here = copies is not None and copies.has_primary
    refusal = "" if is_primary_here else refusal_of(record, find_category)
    return Row(
        record=record,
        when=when(record),
        status=status_badge(record.status.value),
        price=price(record.price_min, record.price_max, record.currency),
        page=preview_page(record),
        here="" if copies is None else _link_to(copies, record),
        refusal=refusal,
        can_choose=not (is_primary_here or refusal),
    )


def _link_to(copies: Copies, record: ExternalEvent) -> str:
    if copies.number == 1:
        page = reverse("admin:events_event_change", args=[copies.event_id])
    else:
        query = urlencode({"provider": record.provider, "q": record.external_id})
        page = f"{reverse('admin:external_events_import_changelist')}?{query}"
    if copies.has_primary:
        text = "Here already"
    else:
        text = "Imported by " + ("an organizer" if copies.number == 1 else "organizers")
    return format_html('<a href="{}" class="text-link">{}</a>', page, text)


def when(record: ExternalEvent) -> str:
    """Return the start in the time zone of the event."""
    if record.start_time is not None:
        return local_in(record.timezone, record.start_time)
    if record.local_date is None:
        return "day and time to be announced"
    return f"{clock.day(record.local_date)}, time to be announced"


def _end(record: ExternalEvent) -> str:
    """Return the end in the time zone of the event."""
    if record.end_time is not None:
        return local_in(record.timezone, record.end_time)
    if record.last_date is None:
        return NOTHING
    return f"{clock.day(record.last_date)}, at an unknown time"


def refusal_of(record: ExternalEvent, find_category: FindCategory) -> str:
    if not record.time_known:
        return "The start is not known yet."
    try:
        preview(record, find_category)
    except RuleBroken as refusal:
        return str(refusal)
    return ""


def preview_page(record: ExternalEvent) -> str:
    query = urlencode({"provider": record.provider, "id": record.external_id})
    return f"{reverse('admin:external_events_import_preview')}?{query}"


def told(record: ExternalEvent) -> list[tuple[str, Any]]:
    """What the provider says, under headings."""
    return [
        ("Title", record.title),
        ("Start", when(record)),
        ("End", _end(record)),
        ("Where", record.location or NOTHING),
        ("Status", status_badge(record.status.value)),
        ("What", " › ".join(record.categories) or NOTHING),
        ("Price", price(record.price_min, record.price_max, record.currency)),
        ("Page", outside(record.url, provider_title(record.provider))),
        ("Picture", outside(record.image, "look at it there")),
        ("Description", _lines(record.description)),
    ]


def expected(record: ExternalEvent, find_category: FindCategory) -> list[tuple[str, Any]]:
    """The event that would come of it. Raises what `preview` does."""
    event = preview(record, find_category)
    end = local_in(event.timezone, event.end_time)
    guessed = "" if event.end_time_known else " (a guess: the provider knows none)"
    return [
        ("Title", event.title),
        ("Start", local_in(event.timezone, event.start_time)),
        ("End", format_html("{}{}", end, guessed)),
        ("Where", event.location or NOTHING),
        ("Category", event.category or "none of ours is called like that"),
        ("Price", price(event.price, None, event.currency)),
        ("Seats", "no limit"),
    ]


def twins(record: ExternalEvent, find_category: FindCategory) -> list[Event]:
    """What is here and may be the same event."""
    ids = likenesses(preview(record, find_category))
    return list(Event.objects.filter(pk__in=ids).select_related("tally").order_by("pk"))


def _lines(text: str) -> str:
    if not text:
        return NOTHING
    return format_html('<span class="keeps-lines">{}</span>', text)
