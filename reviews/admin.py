"""Reviews in the admin: read-only, except for actions that hide and show them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.text import Truncator

from accounts.authentication import signed_in
from core.admin import ReadOnlyAdmin, ReadOnlyInline
from reviews import services
from reviews.forms import HideForm
from reviews.models import MOST_STARS, Review

_BEGINNING = 80  # characters


class _ReviewColumns:
    """Mixin for lists of reviews."""

    @admin.display(description="rating", ordering="rating")
    def stars(self, review: Review) -> str:
        return "★" * review.rating + "☆" * (MOST_STARS - review.rating)

    @admin.display(description="comment")
    def beginning(self, review: Review) -> str:
        beginning = Truncator(review.comment).chars(_BEGINNING) or "–"
        return f"Hidden: {beginning}" if review.is_hidden else beginning

    @admin.display(boolean=True, ordering="hidden_at")
    def shown(self, review: Review) -> bool:
        return not review.is_hidden


class ReviewInline(_ReviewColumns, ReadOnlyInline):
    """Reviews on the page of an event, newest first."""

    model = Review
    fields = ["author", "stars", "beginning", "shown", "created_at"]
    related = ["author", "event"]
    ordering = ["-id"]
    per_page = 25
    show_change_link = True


@admin.register(Review)
class ReviewAdmin(_ReviewColumns, ReadOnlyAdmin):
    list_display = ["event", "author", "stars", "beginning"]
    list_filter = ["rating", ("hidden_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["event", "author"]
    search_fields = ["event__title__holds", "author__username", "author__display_name", "comment"]
    actions = ["hide", "show"]
    fieldsets = [
        (None, {"fields": ["event", "author", "stars", "comment", "created_at", "updated_at"]}),
        ("The organizer's reply", {"fields": ["reply", "replied_at", "replied_by"]}),
        ("Hidden", {"fields": ["hidden_at", "hidden_reason", "hidden_by"]}),
    ]

    @admin.action(description="Hide, with a reason", permissions=["write"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Review]) -> TemplateResponse | None:
        form = HideForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            context = {"reviews": queryset.select_related("event", "author"), "form": form}
            return self.ask(request, "reviews/admin_hide.html", "Hide reviews?", **context)
        by, reason = signed_in(request), form.cleaned_data["reason"]

        def hide(review: Review) -> None:
            services.hide_review(review_id=review.pk, by=by, reason=reason)

        self.one_by_one(request, _in_order(queryset), hide, "hidden")
        return None

    @admin.action(description="Show again", permissions=["write"])
    def show(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        def show(review: Review) -> None:
            services.show_review(review_id=review.pk)

        self.one_by_one(request, _in_order(queryset), show, "shown")


def _in_order(queryset: QuerySet[Review]) -> QuerySet[Review]:
    return queryset.select_related("event", "author").order_by("pk")
