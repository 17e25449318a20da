"""The page of the test provider. It needs no JavaScript."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views import View

from payments.gateways import registry
from payments.gateways.base import Outcome
from payments.gateways.test import pay
from payments.models import SimulatedCheckout
from payments.notifications import money
from payments.services.states import settle

_BUTTONS = {"pay": Outcome.PAID, "decline": Outcome.FAILED, "bank": Outcome.PROCESSING}
_ENDS = {
    Outcome.PAID: "This payment is paid.",
    Outcome.FAILED: "This payment was declined.",
    Outcome.EXPIRED: "This payment has expired.",
}


class TestPageView(View):
    __test__ = False  # pytest: no test case

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.DEBUG or "test" not in registry.names():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        checkout = SimulatedCheckout.objects.filter(token=token).first()
        if checkout is None:
            raise Http404
        context = {
            "end": _ENDS.get(Outcome(checkout.outcome)),
            "amount": money(checkout.amount, checkout.currency),
            "is_open": checkout.outcome == Outcome.OPEN,
            "is_processing": checkout.outcome == Outcome.PROCESSING,
            "url": checkout.success_url if _has_worked(checkout) else checkout.cancel_url,
        }
        return render(request, "payments/test_page.html", context)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Press a button, and settle at once, as a webhook would have us do.

        Browsers apply the policy of forms to redirects too, so the way back to the shop is a link.
        """
        outcome = _BUTTONS.get(request.POST.get("button", ""))
        checkout = pay(token, outcome) if outcome else None
        if checkout is None:
            raise Http404
        settle(checkout.payment_id)
        return HttpResponseRedirect(request.path)


def _has_worked(checkout: SimulatedCheckout) -> bool:
    return checkout.outcome in (Outcome.PAID, Outcome.PROCESSING)
