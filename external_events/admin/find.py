"""The admin's way to events from elsewhere: find them, look at them, import them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from unfold.widgets import CHECKBOX_CLASSES

from core.errors import BadValue, RuleBroken
from events.models import Event
from external_events.admin.results import (
    PAGE_SIZE,
    Results,
    expected,
    results_of,
    told,
    twins,
)
from external_events.admin.rows import address, at_provider, links, page_of
from external_events.callers import caller_of
from external_events.forms import ImportForm, SearchForm
from external_events.records import ExternalEvent
from external_events.selectors import events_imported_from
from external_events.services import finding, runs, subscriptions
from external_events.services.details import category_finder
from external_events.services.importing import import_record
from external_events.services.shares import Caller

_MOST_HERE = 20
_HEADINGS = ("Event", "When", "Where", "Status", "Price", "Here")


class FindsEvents:
    """Mixin of the imported events' admin: three more pages, for staff who may add them.

    Searches are GETs, so that they can be bookmarked; writes are POSTs, and safe to send twice: an
    event is imported once for each organizer, and a second start returns the current run.
    """

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[Any]:
        page: Any = super()
        view = self.admin_site.admin_view
        return [
            path("find/", view(self.find), name="external_events_import_find"),
            path("preview/", view(self.preview), name="external_events_import_preview"),
            *page.get_urls(),
        ]

    def has_find_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("external_events.add_import")

    def has_standing_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("external_events.add_subscription")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        page: Any = super()
        shown = {**(extra_context or {}), "may_find": self.has_find_permission(request)}
        answer: HttpResponse = page.changelist_view(request, shown)
        return answer

    def find(self, request: HttpRequest) -> HttpResponse:
        """A page of what a provider finds; on POST, the import of some or all of it."""
        self._let_in(request)
        is_asked = "provider" in request.GET
        search = SearchForm(request.GET if is_asked else None)
        choice = ImportForm(request.POST if request.method == "POST" else None)
        results, problem = _found(search, _number(request), caller_of(request))
        if results is not None and choice.is_valid():
            return self._take(request, search, choice, results)
        standing = search.standing() if results and self.has_standing_permission(request) else None
        return self._page(
            request,
            "find",
            "Find events",
            {
                "search": search,
                "choice": choice,
                "problem": problem,
                "results": results,
                "headings": _HEADINGS,
                "checkbox": " ".join(CHECKBOX_CLASSES),
                "standing": standing,
                "at": search.asked.title if results else "",
                "previous": _at_page(request, results.number - 1) if results else "",
                "next": _at_page(request, results.number + 1) if results else "",
            },
        )

    def _take(
        self, request: HttpRequest, search: SearchForm, choice: ImportForm, results: Results
    ) -> HttpResponse:
        what = request.POST.get("what")
        if what in ("all", "count"):
            return self._take_all(request, search, choice, dry_run=what == "count")
        chosen = request.POST.getlist("chosen")[:PAGE_SIZE]
        if not chosen:
            messages.warning(request, "Choose at least one event.")
        # As they were found; what has left the page meanwhile is asked for.
        records, refusals = _looked_up(search, chosen, results.records, caller_of(request))
        for refusal in refusals:
            messages.error(request, refusal)
        _import(request, records, choice)
        return redirect(request.get_full_path())

    def _take_all(
        self, request: HttpRequest, search: SearchForm, choice: ImportForm, *, dry_run: bool
    ) -> HttpResponse:
        if not self.has_standing_permission(request):
            raise PermissionDenied
        details = search.standing()
        if details is None:
            messages.error(request, "All is imported of words or a place, and from today on.")
            return redirect(request.get_full_path())
        subscription = subscriptions.search_to_run(
            details=details | {"organizer": choice.cleaned_data["organizer"]}
        )
        run, _ = runs.start_run(subscription_id=subscription.pk, dry_run=dry_run)
        return page_of(run)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the provider says of one event, and what would come of it; on POST, its import."""
        self._let_in(request)
        try:
            provider = finding.provider_named(request.GET.get("provider", ""))
        except BadValue as error:
            raise Http404 from error
        choice = ImportForm(request.POST if request.method == "POST" else None)
        shown: dict[str, Any] = {"choice": choice, "at": provider.title}
        try:
            record = finding.look_up(provider, request.GET.get("id", ""), caller=caller_of(request))
        except RuleBroken as error:
            return self._page(request, "preview", "Preview", shown | {"problem": str(error)})
        if choice.is_valid():
            _import(request, [record], choice)
            return redirect(request.get_full_path())
        return self._page(request, "preview", record.title, shown | _shown(record))

    def _let_in(self, request: HttpRequest) -> None:
        if not self.has_find_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, name: str, title: str, shown: dict[str, Any]
    ) -> TemplateResponse:
        request.current_app = self.admin_site.name
        every = self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
        choice: ImportForm = shown["choice"]
        template = f"admin/external_events/import/{name}.html"
        return TemplateResponse(request, template, every | {"media": choice.media} | shown)


def _found(search: SearchForm, number: int, caller: Caller) -> tuple[Results | None, str]:
    """The results, or why there are none."""
    if not search.is_valid():
        return None, ""
    try:
        return results_of(search, number=number, caller=caller), ""
    except RuleBroken as error:
        return None, str(error)


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 1


def _at_page(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def _looked_up(
    search: SearchForm,
    chosen: Iterable[str],
    found: dict[str, ExternalEvent],
    caller: Caller,
) -> tuple[list[ExternalEvent], list[str]]:
    records, refusals = [], []
    for external_id in chosen:
        try:
            record = found.get(external_id) or finding.look_up(
                search.asked, external_id, caller=caller
            )
            records.append(record)
        except RuleBroken as refusal:
            refusals.append(f"{external_id}: {refusal}")
    return records, refusals


def _import(request: HttpRequest, records: Iterable[ExternalEvent], choice: ImportForm) -> None:
    """Each on its own; what became of them is told."""
    find_category = category_finder()
    made: list[Event] = []
    here: list[Event] = []
    for record in records:
        try:
            event, is_new = import_record(
                record,
                organizer=choice.cleaned_data["organizer"],
                find_category=find_category,
                overrides={"status": choice.cleaned_data["status"]},
            )
            (made if is_new else here).append(event)
        except RuleBroken as refusal:
            messages.error(request, f"{record.title}: {refusal}")
    if made:
        messages.success(request, format_html("{} imported: {}.", len(made), links(made)))
    if here:
        messages.info(request, format_html("{} here already: {}.", len(here), links(here)))


def _shown(record: ExternalEvent) -> dict[str, Any]:
    events = events_imported_from(record.provider, record.external_id)
    here = [
        {"event": event, "page": address(event), "owner": event.created_by}
        for event in events.select_related("created_by")[:_MOST_HERE]
    ]
    shown: dict[str, Any] = {"told": told(record), "here": here}
    find_category = category_finder()
    try:
        shown["expected"] = expected(record, find_category)
    except RuleBroken as refusal:
        return shown | {"refusal": str(refusal)}
    alike = [
        {"event": each, "page": address(each), "sold_at": at_provider(each)}
        for each in twins(record, find_category)
    ]
    return shown | {"twins": alike}
