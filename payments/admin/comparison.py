"""The admin page that compares payments with their providers."""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from payments.forms import ComparisonForm
from payments.services.reconciliation import Comparison, reconcile

MOST_PAYMENTS = 100  # of one request
_LONGEST_S = 20  # for the calls of one request, besides the last of them


class ComparesPayments:
    """Mixin of PaymentAdmin: the page `compare/`, for staff who may view payments.

    It calls the providers, so it is a POST. It changes nothing.
    """

    admin_site: Any
    opts: Any
    has_view_permission: Any

    def get_urls(self) -> list[Any]:
        page: Any = super()
        compare = self.admin_site.admin_view(self.compare)
        return [path("compare/", compare, name="payments_payment_compare"), *page.get_urls()]

    def compare(self, request: HttpRequest) -> TemplateResponse:
        """Show the differences of some payments, and a button for the next ones."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ComparisonForm(request.POST if request.method == "POST" else None)
        title = "Compare with the providers"
        context = {"opts": self.opts, "title": title, "form": form}
        if form.is_valid():
            context |= _result(**form.cleaned_data)
        request.current_app = self.admin_site.name
        site = self.admin_site.each_context(request)
        return TemplateResponse(request, "payments/admin_compare.html", site | context)


def _result(*, days: int, after: int) -> dict[str, Any]:
    started = reconcile(days=days, after=after)
    comparisons = list(islice(_in_time(started), MOST_PAYMENTS))
    return {
        "comparisons": comparisons,
        "table": {
            "headers": ["Payment", "Event", "Field", "Ours", "Provider's"],
            "rows": [row for comparison in comparisons for row in _rows(comparison)],
        },
        "next_after": comparisons[-1].payment.pk if comparisons else None,
    }


def _in_time(comparisons: Iterator[Comparison]) -> Iterator[Comparison]:
    """Yield until the time is over, at least once: a provider can be slow, or down."""
    until = time.monotonic() + _LONGEST_S
    for comparison in comparisons:
        yield comparison
        if time.monotonic() > until:
            return


def _rows(comparison: Comparison) -> Iterator[list[str]]:
    payment = comparison.payment
    url = reverse("admin:payments_payment_change", args=[payment.pk])
    link = format_html('<a class="text-link" href="{}">{}</a>', url, payment)
    for difference in comparison.differences:
        yield [link, payment.event.title, difference.field, difference.ours, difference.theirs]
