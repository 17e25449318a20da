"""Results of a search at a provider, as the admin shows them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html

from core import clock
from core.errors import RuleBroken
from events.admin.rows import local_in
from events.models import Event
from external_events.admin.rows import (
    NOTHING,
    external_link,
    price_range,
    provider_title,
    status_badge,
)
from external_events.forms import SearchForm
from external_events.records import ExternalEvent
from external_events.selectors import Copies, copies_of
from external_events.services.duplicates import find_duplicates
from external_events.services.event_fields import FindCategory, category_finder
from external_events.services.imports import preview
from external_events.services.quotas import Caller
from external_events.services.search import SearchPage, search

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    """One result. `imports` links to its imports here; `refusal`: why it can't be imported."""

    record: ExternalEvent
    when: str
    status: str
    price: str
    page: str
    imports: str
    refusal: str
    can_choose: bool


@dataclass(frozen=True)
class Results:
    """One page of results."""

    rows: list[Row]
    number: int
    page: SearchPage

    @property
    def records(self) -> dict[str, ExternalEvent]:
        return {record.external_id: record for record in self.page.records}

    @property
    def has_next(self) -> bool:
        return self.number * PAGE_SIZE < self.page.count


def results_of(form: SearchForm, *, number: int, caller: Caller) -> Results:
    """Return a page, the last one for a number past it. Two queries. Raises as `search` does."""
    provider = form.selected_provider
    number = max(1, min(number, provider.reachable // PAGE_SIZE))
    page = search(provider, form.to_query(), page=number, size=PAGE_SIZE, caller=caller)
    copies = copies_of(provider.name, [record.external_id for record in page.records])
    find_category = category_finder()
    rows = [_row(record, copies.get(record.external_id), find_category) for record in page.records]
    return Results(rows=rows, number=number, page=page)


def _row(record: ExternalEvent, copies: Copies | None, find_category: FindCategory) -> Row:
    """Imports by other organizers do not prevent another import."""
    has_primary = copies is not None and copies.has_primary
    refusal = "" if has_primary else _refusal(record, find_category)
    query = urlencode({"provider": record.provider, "id": record.external_id})
    return Row(
        record=record,
        when=_start(record),
        status=status_badge(record.status.value),
        price=price_range(record.price_min, record.price_max, record.currency),
        page=f"{reverse('admin:external_events_import_preview')}?{query}",
        imports="" if copies is None else _link_to(copies, record),
        refusal=refusal,
        can_choose=not (has_primary or refusal),
    )


def _link_to(copies: Copies, record: ExternalEvent) -> str:
    if copies.number == 1:
        page = reverse("admin:events_event_change", args=[copies.event_id])
    else:
        query = urlencode({"provider": record.provider, "q": record.external_id})
        page = f"{reverse('admin:external_events_import_changelist')}?{query}"
    if copies.has_primary:
        text = "Already imported"
    else:
        text = "Imported by " + ("an organizer" if copies.number == 1 else "organizers")
    return format_html('<a href="{}" class="text-link">{}</a>', page, text)


def _start(record: ExternalEvent) -> str:
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


def _refusal(record: ExternalEvent, find_category: FindCategory) -> str:
    if not record.time_known:
        return "The start is not known yet."
    try:
        preview(record, find_category)
    except RuleBroken as refusal:
        return str(refusal)
    return ""


def provider_facts(record: ExternalEvent) -> list[tuple[str, Any]]:
    """Return the values at the provider, with headings."""
    description = record.description
    return [
        ("Title", record.title),
        ("Start", _start(record)),
        ("End", _end(record)),
        ("Where", record.location or NOTHING),
        ("Status", status_badge(record.status.value)),
        ("Category", " › ".join(record.categories) or NOTHING),
        ("Price", price_range(record.price_min, record.price_max, record.currency)),
        ("Page", external_link(record.url, provider_title(record.provider))),
        ("Picture", external_link(record.image, "Open the picture")),
        (
            "Description",
            format_html('<span class="keeps-lines">{}</span>', description)
            if description
            else NOTHING,
        ),
    ]


def expected_facts(record: ExternalEvent, find_category: FindCategory) -> list[tuple[str, Any]]:
    """Return the values of the event that an import would create. Raises as `preview` does."""
    event = preview(record, find_category)
    end = local_in(event.timezone, event.end_time)
    note = "" if event.end_time_known else " (estimated: unknown at the provider)"
    return [
        ("Title", event.title),
        ("Start", local_in(event.timezone, event.start_time)),
        ("End", format_html("{}{}", end, note)),
        ("Where", event.location or NOTHING),
        ("Category", event.category or "none here has this name"),
        ("Price", price_range(event.price, None, event.currency)),
        ("Seats", "no limit"),
    ]


def similar_events(record: ExternalEvent, find_category: FindCategory) -> list[Event]:
    """Return the events here that may be the same."""
    ids = find_duplicates(preview(record, find_category))
    return list(Event.objects.filter(pk__in=ids).select_related("tally").order_by("pk"))
