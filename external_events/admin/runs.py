"""How imports go on, and how they went."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.admin import TabularInline

from core.admin import ReadOnlyAdmin, time_cell
from external_events.admin.rows import NOTHING, ButtonsOnPage, badge, link, page_of
from external_events.models import Run
from external_events.services import runs

_KINDS = {
    Run.State.RUNNING: "info",
    Run.State.DONE: "success",
    Run.State.FAILED: "danger",
    Run.State.STOPPED: "warning",
}


def state(run: Run) -> str:
    return badge(run.get_state_display(), _KINDS[Run.State(run.state)])


def progress(run: Run) -> str:
    return f"{run.seen} of {'?' if run.expected is None else run.expected}"


def counts(run: Run) -> str:
    """In words, but for what there was none of."""
    counted = ((getattr(run, name), text) for name, text in Run.COUNTS.items())
    told = ", ".join(f"{number} {text}" for number, text in counted if number)
    return f"{'dry run: ' if run.dry_run else ''}{told or 'nothing'}"


class RunInline(TabularInline):
    """On the page of a standing import, the newest first."""

    model = Run
    fields = ["begun", "how", "far", "what", "error"]
    readonly_fields = fields
    ordering = ["-id"]
    extra = 0
    per_page = 10
    can_delete = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        rows: QuerySet[Run] = super().get_queryset(request)
        return rows.select_related("subscription")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    @admin.display(description="started")
    def begun(self, run: Run) -> str:
        return link(run, time_cell(run.started_at))

    @admin.display(description="state")
    def how(self, run: Run) -> str:
        return state(run)

    @admin.display(description="looked at")
    def far(self, run: Run) -> str:
        return progress(run)

    @admin.display(description="events")
    def what(self, run: Run) -> str:
        return counts(run)


@admin.register(Run)
class RunAdmin(ButtonsOnPage, ReadOnlyAdmin):
    list_display = ["standing_import", "started_at", "how_far", "what"]
    list_filter = ["state", "subscription__provider", "started_at"]
    list_select_related = ["subscription"]
    search_fields = ["subscription__query", "subscription__location"]
    ordering = ["-id"]
    actions = ["stop"]
    fieldsets = [
        (None, {"fields": ["standing_import", "how", "bar", "what", "error", "truncated"]}),
        ("Times", {"fields": ["started_at", "next_step", "finished_at"]}),
    ]
    readonly_fields = ["standing_import", "how", "bar", "what", "truncated", "next_step"]

    @admin.display(description="standing import", ordering="subscription")
    def standing_import(self, run: Run) -> str:
        return link(run.subscription)

    @admin.display(description="state", ordering="state")
    def how(self, run: Run) -> str:
        return state(run)

    @admin.display(description="looked at", ordering="state")
    def how_far(self, run: Run) -> str:
        return format_html("{} {}", state(run), progress(run))

    @admin.display(description="events")
    def what(self, run: Run) -> str:
        return counts(run)

    @admin.display(description="looked at")
    def bar(self, run: Run) -> str:
        share = 100 * run.seen // run.expected if run.expected else 0
        shown = {"title": progress(run), "value": min(share, 100)}
        return render_to_string("unfold/components/progress.html", shown)

    @admin.display(description="out of reach")
    def truncated(self, run: Run) -> str:
        return "The provider lets nobody page to the rest." if run.is_truncated else NOTHING

    @admin.display(description="next page")
    def next_step(self, run: Run) -> str:
        return time_cell(run.next_step_at)

    def buttons_for(self, request: HttpRequest, row: Run) -> list[tuple[str, str]]:
        is_on = row.state == Run.State.RUNNING
        return super().buttons_for(request, row) if is_on else []

    @admin.action(description="Stop: what is imported stays", permissions=["write"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Run]) -> HttpResponse | None:
        chosen = list(queryset)
        running = [run for run in chosen if run.state == Run.State.RUNNING]
        for run in running:
            runs.stop_run(run_id=run.pk)
        if running:
            self.message_user(request, f"{len(running)} stopped.", messages.SUCCESS)
        if ended := len(chosen) - len(running):
            self.message_user(request, f"{ended} had ended already.", messages.WARNING)
        return page_of(chosen[0]) if len(chosen) == 1 else None
