"""Ticket types and codes on the admin page of an event, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from core.money import to_text
from events import selectors
from events.models import DiscountCode, TicketType


class _ReadOnlyInline(TabularInline):
    extra = 0
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TicketTypeInline(_ReadOnlyInline):
    model = TicketType
    verbose_name_plural = "ticket types"
    fields = ["name", "price_shown", "taken", "sales_open_at", "sales_close_at", "is_hidden"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketType]:
        return super().get_queryset(request).select_related("tally")  # type: ignore[no-any-return]

    @admin.display(description="price")
    def price_shown(self, ticket_type: TicketType) -> str:
        return f"{ticket_type.price_text} {ticket_type.currency}" if ticket_type.price else "Free"

    @admin.display(description="tickets taken")
    def taken(self, ticket_type: TicketType) -> str:
        return str(ticket_type.tally)


class CodeInline(_ReadOnlyInline):
    model = DiscountCode
    verbose_name_plural = "codes"
    fields = ["code", "discount", "uses", "valid_from", "valid_until"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiscountCode]:
        return selectors.with_currency(super().get_queryset(request))

    @admin.display
    def discount(self, code: Any) -> str:
        if code.amount_off is not None:
            return f"{to_text(code.amount_off, code.currency)} {code.currency}"
        return "–" if code.percent_off is None else f"{code.percent_off}%"

    @admin.display
    def uses(self, code: DiscountCode) -> str:
        return f"{code.used} of {code.max_uses or '∞'}"
