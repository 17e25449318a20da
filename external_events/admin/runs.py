"""Admin of the runs of standing imports."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.admin import TabularInline

from core.admin import ReadOnlyAdmin, time_cell
from external_events.admin.rows import (
    NOTHING,
    ButtonsOnPage,
    NeverDeleted,
    badge,
    link,
    redirect_to,
)
from external_events.models import Run
from external_events.services import runs

_BADGES = {
    Run.State.RUNNING: "info",
    Run.State.DONE: "success",
    Run.State.FAILED: "danger",
    Run.State.STOPPED: "warning",
}


@admin.display(description="state", ordering="state")
def state(run: Run) -> str:
    return badge(run.get_state_display(), _BADGES[Run.State(run.state)])


@admin.display(description="processed")
def progress(run: Run) -> str:
    return f"{run.seen} of {'?' if run.expected is None else run.expected}"


@admin.display(description="events")
def counts(run: Run) -> str:
    """Return the counters that are not 0."""
    counters = ((getattr(run, name), text) for name, text in Run.COUNTS.items())
    summary = ", ".join(f"{number} {text}" for number, text in counters if number)
    return f"{'dry run: ' if run.dry_run else ''}{summary or 'nothing'}"


class RunInline(NeverDeleted, TabularInline):
    """The runs on the page of a standing import, newest first."""

    model = Run
    fields = ["started", state, progress, counts, "error"]
    related = ["subscription"]
    ordering = ["-id"]
    per_page = 10

    @admin.display(description="started")
    def started(self, run: Run) -> str:
        return link(run, time_cell(run.started_at))


@admin.register(Run)
class RunAdmin(ButtonsOnPage, ReadOnlyAdmin):
    list_display = ["standing_import", "started_at", "state_and_progress", counts]
    list_filter = ["state", "subscription__provider", "started_at"]
    list_select_related = ["subscription"]
    search_fields = ["subscription__query", "subscription__location"]
    actions = ["stop"]
    fieldsets = [
        (
            None,
            {"fields": ["standing_import", state, "progress_bar", counts, "error", "truncated"]},
        ),
        ("Times", {"fields": ["started_at", "next_step", "finished_at"]}),
    ]
    readonly_fields = ["standing_import", state, "progress_bar", counts, "truncated", "next_step"]

    @admin.display(description="standing import", ordering="subscription")
    def standing_import(self, run: Run) -> str:
        return link(run.subscription)

    @admin.display(description="processed", ordering="state")
    def state_and_progress(self, run: Run) -> str:
        return format_html("{} {}", state(run), progress(run))

    @admin.display(description="processed")
    def progress_bar(self, run: Run) -> str:
        share = 100 * run.seen // run.expected if run.expected else 0
        context = {"title": progress(run), "value": min(share, 100)}
        return render_to_string("unfold/components/progress.html", context)

    @admin.display(description="truncated")
    def truncated(self, run: Run) -> str:
        if not run.is_truncated:
            return NOTHING
        return "The provider has more results than its API returns. Narrow the search."

    @admin.display(description="next page")
    def next_step(self, run: Run) -> str:
        return time_cell(run.next_step_at)

    def buttons_for(self, request: HttpRequest, row: Run) -> list[tuple[str, str]]:
        is_running = row.state == Run.State.RUNNING
        return super().buttons_for(request, row) if is_running else []

    @admin.action(description="Stop (imported events stay)", permissions=["write"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Run]) -> HttpResponse | None:
        chosen = list(queryset)
        running = [run for run in chosen if run.state == Run.State.RUNNING]
        for run in running:
            runs.stop_run(run_id=run.pk)
        if running:
            self.message_user(request, f"{len(running)} stopped.", messages.SUCCESS)
        if ended := len(chosen) - len(running):
            self.message_user(request, f"{ended} had already ended.", messages.WARNING)
        return redirect_to(chosen[0]) if len(chosen) == 1 else None
