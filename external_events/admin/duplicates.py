"""Admin of possible duplicates: pairs side by side, for people to review."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from core.admin import ReadOnlyAdmin
from events.admin.rows import local
from events.models import Event
from external_events.admin.rows import badge, link, provider_link
from external_events.models import Duplicate
from external_events.services.duplicates import set_verdict

Verdict = Duplicate.Verdict


class VerdictFilter(admin.SimpleListFilter):
    """Shows pairs to be reviewed by default, without those of deleted events."""

    title = "verdict"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(Verdict.SAME, "same"), (Verdict.DIFFERENT, "different"), ("all", "all")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "to be reviewed"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        if self.value():
            return queryset.filter(verdict=self.value())
        return queryset.filter(verdict=Verdict.OPEN, event__deleted_at=None, other__deleted_at=None)


@admin.register(Duplicate)
class DuplicateAdmin(ReadOnlyAdmin):
    list_display = ["one", "the_other", "likeness", "verdict"]
    list_display_links = None
    list_filter = [VerdictFilter, "found_at"]
    list_select_related = ["event__tally", "other__tally"]
    search_fields = ["event__title__holds", "other__title__holds"]
    actions = ["judge_different", "judge_same"]
    fields = ["one", "the_other", "likeness", "verdict", "found_at"]
    readonly_fields = ["one", "the_other"]

    @admin.display(description="event")
    def one(self, duplicate: Duplicate) -> str:
        return _event_cell(duplicate.other)

    @admin.display(description="may be the same as")
    def the_other(self, duplicate: Duplicate) -> str:
        return _event_cell(duplicate.event)

    @admin.action(description="Mark as different", permissions=["write"])
    def judge_different(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        text = "marked as different. They will not be suggested again."
        self._set_verdict(request, queryset, Verdict.DIFFERENT, text)

    @admin.action(description="Mark as the same", permissions=["write"])
    def judge_same(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        text = (
            "marked as the same. Nothing was merged or deleted: cancel or delete one event of each "
            "pair on its page."
        )
        self._set_verdict(request, queryset, Verdict.SAME, text)

    def _set_verdict(
        self, request: HttpRequest, queryset: QuerySet[Duplicate], verdict: Verdict, text: str
    ) -> None:
        ids = queryset.order_by().values_list("pk", flat=True)
        count = set_verdict(duplicate_ids=ids, verdict=verdict)
        self.message_user(request, f"{count} {text}", messages.SUCCESS)


def _event_cell(event: Event) -> str:
    is_published = event.status == Event.Status.PUBLISHED
    is_deleted = event.deleted_at is not None
    status = "deleted" if is_deleted else event.get_status_display()
    return format_html(
        "<div>{}{}<br>{}<br>{}<br>{} · seats taken: {}</div>",
        link(event),
        "" if is_published and not is_deleted else format_html(" {}", badge(status)),
        local(event, event.start_time),
        event.location or "–",
        provider_link(event) if event.external_provider else "created here",
        event.tally,
    )
