"""Payments in the admin: read-only, with links to the provider, and actions."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html

from accounts.authentication import signed_in
from core.admin import ReadOnlyAdmin, ReadOnlyInline
from core.errors import RuleBroken
from payments.admin.comparison import ComparesPayments
from payments.gateways import registry
from payments.models import Payment, PaymentLine, PaymentQuerySet, ProviderEvent, Refund
from payments.notifications import money
from payments.services.refunds import request_refund
from payments.services.states import request_states


class LineInline(ReadOnlyInline):
    model = PaymentLine
    fields = ["ticket_type", "quantity", "price", "discounted"]
    related = ["ticket_type", "payment"]

    @admin.display
    def price(self, line: PaymentLine) -> str:
        return money(line.unit_amount, line.payment.currency)

    @admin.display(description="discount")
    def discounted(self, line: PaymentLine) -> str:
        return money(line.discount, line.payment.currency)


class _Refunds:
    """Mixin that shows a refund with its currency."""

    @admin.display(description="amount", ordering="amount")
    def total(self, refund: Refund) -> str:
        return money(refund.amount, refund.payment.received_currency)


class RefundInline(_Refunds, ReadOnlyInline):
    model = Refund
    fields = ["total", "status", "reason", "requested_by", "created_at", "finished_at"]
    related = ["payment", "requested_by"]


@admin.register(Payment)
class PaymentAdmin(ComparesPayments, ReadOnlyAdmin):
    list_display = ["event", "payer", "status", "total"]
    list_filter = ["status", "provider", "currency", "created_at"]
    list_select_related = ["event", "payer"]
    search_fields = [
        "event__title__holds", "payer__username", "checkout_id", "provider_payment_id",
    ]  # fmt: skip
    inlines = [LineInline, RefundInline]
    actions = ["refund", "fetch_states"]
    fieldsets = [
        (None, {"fields": ["event", "payer", "rsvp_id", "status", "total", "refunded"]}),
        ("Provider", {"fields": ["provider", "link", "checkout_id", "account", "fee_shown"]}),
        ("Terms", {"fields": ["refund_policy", "refund_until"]}),
        ("Times", {"fields": ["created_at", "expires_at", "paid_at"]}),
    ]

    @admin.display(description="amount", ordering="amount")
    def total(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)

    @admin.display(description="refunded", ordering="refunded_amount")
    def refunded(self, payment: Payment) -> str:
        return money(payment.refunded_amount, payment.received_currency or payment.currency)

    @admin.display(description="fee")
    def fee_shown(self, payment: Payment) -> str:
        return "–" if payment.fee is None else money(payment.fee, payment.received_currency)

    @admin.display(description="at the provider")
    def link(self, payment: Payment) -> str:
        number = payment.provider_payment_id
        try:
            url = registry.get(payment.provider).payment_link(number) if number else ""
        except RuleBroken:  # the provider is off now
            url = ""
        return format_html('<a href="{}">{}</a>', url, number) if url else number or "–"

    @admin.action(description="Refund all that is left", permissions=["write"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> TemplateResponse | None:
        payments = queryset.select_related("event", "payer").order_by("pk")
        if "confirmed" not in request.POST:
            title = "Refund payments?"
            return self.ask(request, "payments/admin_refund.html", title, payments=payments)
        by = signed_in(request)
        self.one_by_one(
            request, payments, lambda row: request_refund(payment=row, by=by), "refunds requested"
        )
        return None

    @admin.action(description="Fetch the states from the providers", permissions=["write"])
    def fetch_states(self, request: HttpRequest, queryset: PaymentQuerySet) -> None:
        number = request_states(queryset)
        self.message_user(
            request,
            f"Payments whose state is being fetched: {number}. Open payments are looked at when "
            "their holds end.",
        )


@admin.register(Refund)
class RefundAdmin(_Refunds, ReadOnlyAdmin):
    list_display = ["payment", "total", "status", "created_at"]
    list_filter = ["status", "created_at"]
    list_select_related = ["payment", "requested_by"]
    fields = [
        "payment", "total", "status", "reason", "requested_by", "provider_refund_id",
        "created_at", "finished_at",
    ]  # fmt: skip


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ["kind", "provider", "received_at", "handled_at"]
    list_filter = ["provider", ("handled_at", admin.EmptyFieldListFilter), "received_at"]
