"""Admin pages that search at providers, preview events and import them."""

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
    expected_facts,
    provider_facts,
    results_of,
    similar_events,
)
from external_events.admin.rows import change_url, links, provider_link, redirect_to
from external_events.callers import caller_of
from external_events.forms import ImportForm, SearchForm
from external_events.providers import get_provider
from external_events.records import ExternalEvent
from external_events.selectors import events_imported_from
from external_events.services import runs, subscriptions
from external_events.services.event_fields import category_finder
from external_events.services.imports import import_record
from external_events.services.search import fetch_event

_MOST_IMPORTS_SHOWN = 20
_HEADINGS = ("Event", "When", "Where", "Status", "Price", "Imported")


class FindsEvents:
    """Mixin of ImportAdmin: the pages `find/` and `preview/`, for staff who may add imports.

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
        context = {**(extra_context or {}), "may_find": self.has_find_permission(request)}
        response: HttpResponse = page.changelist_view(request, context)
        return response

    def find(self, request: HttpRequest) -> HttpResponse:
        """Show the results of a search; on POST, import some or all of them."""
        self._check_permission(request)
        search = SearchForm(request.GET if "provider" in request.GET else None)
        choice = ImportForm(request.POST if request.method == "POST" else None)
        results, problem = None, ""
        if search.is_valid():
            try:
                number = _page_number(request)
                results = results_of(search, number=number, caller=caller_of(request))
            except RuleBroken as error:
                problem = str(error)
        if results is not None and choice.is_valid():
            return self._import_results(request, search, choice, results)
        can_subscribe = results is not None and self.has_standing_permission(request)
        return self._render(
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
                "subscription": search.to_subscription() if can_subscribe else None,
                "provider": search.selected_provider.title if results else "",
                "previous": _page_url(request, results.number - 1) if results else "",
                "next": _page_url(request, results.number + 1) if results else "",
            },
        )

    def _import_results(
        self, request: HttpRequest, search: SearchForm, choice: ImportForm, results: Results
    ) -> HttpResponse:
        what = request.POST.get("what")
        if what in ("all", "count"):
            return self._import_all(request, search, choice, dry_run=what == "count")
        chosen = request.POST.getlist("chosen")[:PAGE_SIZE]
        if not chosen:
            messages.warning(request, "Choose at least one event.")
        records: list[ExternalEvent] = []
        for external_id in chosen:
            try:
                # Results that are no longer on this page are fetched.
                record = results.records.get(external_id) or fetch_event(
                    search.selected_provider, external_id, caller=caller_of(request)
                )
                records.append(record)
            except RuleBroken as refusal:
                messages.error(request, f"{external_id}: {refusal}")
        _import(request, records, choice)
        return redirect(request.get_full_path())

    def _import_all(
        self, request: HttpRequest, search: SearchForm, choice: ImportForm, *, dry_run: bool
    ) -> HttpResponse:
        if not self.has_standing_permission(request):
            raise PermissionDenied
        details = search.to_subscription()
        if details is None:
            message = (
                "To import all results, enter search words or a location, and a start date that is "
                "not after today."
            )
            messages.error(request, message)
            return redirect(request.get_full_path())
        subscription = subscriptions.get_or_create_once(
            details=details | {"organizer": choice.cleaned_data["organizer"]}
        )
        run, _ = runs.start_run(subscription_id=subscription.pk, dry_run=dry_run)
        return redirect_to(run)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show one event of the provider and what it would become; on POST, import it."""
        self._check_permission(request)
        try:
            provider = get_provider(request.GET.get("provider", ""))
        except BadValue as error:
            raise Http404 from error
        choice = ImportForm(request.POST if request.method == "POST" else None)
        context: dict[str, Any] = {"choice": choice, "provider": provider.title}
        try:
            external_id = request.GET.get("id", "")
            record = fetch_event(provider, external_id, caller=caller_of(request))
        except RuleBroken as error:
            return self._render(request, "preview", "Preview", context | {"problem": str(error)})
        if choice.is_valid():
            _import(request, [record], choice)
            return redirect(request.get_full_path())
        return self._render(request, "preview", record.title, context | _preview_context(record))

    def _check_permission(self, request: HttpRequest) -> None:
        if not self.has_find_permission(request):
            raise PermissionDenied

    def _render(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> TemplateResponse:
        request.current_app = self.admin_site.name
        choice: ImportForm = context["choice"]
        template = f"admin/external_events/import/{name}.html"
        site = self.admin_site.each_context(request)
        base = site | {"opts": self.opts, "title": title, "media": choice.media}
        return TemplateResponse(request, template, base | context)


def _page_number(request: HttpRequest) -> int:
    page = request.GET.get("page", "1")
    return int(page) if page.isdecimal() and len(page) < 6 else 1


def _page_url(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def _import(request: HttpRequest, records: Iterable[ExternalEvent], choice: ImportForm) -> None:
    """Import each record on its own, and show the results as messages."""
    find_category = category_finder()
    created: list[Event] = []
    existing: list[Event] = []
    for record in records:
        try:
            event, is_new = import_record(
                record,
                organizer=choice.cleaned_data["organizer"],
                find_category=find_category,
                overrides={"status": choice.cleaned_data["status"]},
            )
            (created if is_new else existing).append(event)
        except RuleBroken as refusal:
            messages.error(request, f"{record.title}: {refusal}")
    if created:
        messages.success(request, format_html("{} imported: {}.", len(created), links(created)))
    if existing:
        text = format_html("{} already imported: {}.", len(existing), links(existing))
        messages.info(request, text)


def _preview_context(record: ExternalEvent) -> dict[str, Any]:
    events = events_imported_from(record.provider, record.external_id)
    imports = [
        {"event": event, "page": change_url(event), "owner": event.created_by}
        for event in events.select_related("created_by")[:_MOST_IMPORTS_SHOWN]
    ]
    context: dict[str, Any] = {"facts": provider_facts(record), "imports": imports}
    find_category = category_finder()
    try:
        context["expected"] = expected_facts(record, find_category)
    except RuleBroken as refusal:
        return context | {"refusal": str(refusal)}
    duplicates = [
        {"event": event, "page": change_url(event), "provider": provider_link(event)}
        for event in similar_events(record, find_category)
    ]
    return context | {"duplicates": duplicates}
