"""What PayPal's orders, captures, refunds and events mean."""

from collections.abc import Mapping
from typing import Any

from payments.gateways.base import CheckoutState, GatewayEvent, Outcome, RefundState
from payments.gateways.paypal.prices import minor

_CAPTURE_OUTCOME = {
    "COMPLETED": Outcome.PAID,
    "PARTIALLY_REFUNDED": Outcome.PAID,
    "REFUNDED": Outcome.PAID,
    "PENDING": Outcome.PROCESSING,  # an eCheck, or PayPal reviews it
    "DECLINED": Outcome.FAILED,
    "FAILED": Outcome.FAILED,
}
_ORDER_OUTCOME = {"APPROVED": Outcome.APPROVED, "VOIDED": Outcome.EXPIRED}
REFUND_PREFIX = "refund-"  # before our ID of a refund
_REFUND_STATUS = {
    "PENDING": "pending",
    "COMPLETED": "done",
    "FAILED": "failed",
    "CANCELLED": "failed",
}


def _capture(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return the capture that has or may get the money, else the last one."""
    captures = payments_of(order, "captures")
    alive = [c for c in captures if _CAPTURE_OUTCOME[c["status"]] != Outcome.FAILED]
    return next(iter(alive or captures[-1:]), {})


def payments_of(order: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    [unit] = order["purchase_units"]
    payments: list[dict[str, Any]] = unit.get("payments", {}).get(name, [])
    return payments


def checkout_state(order: Mapping[str, Any]) -> CheckoutState:
    capture = _capture(order)
    price = capture.get("amount") or order["purchase_units"][0]["amount"]
    outcome = _ORDER_OUTCOME.get(order["status"], Outcome.OPEN)
    return CheckoutState(
        outcome=_CAPTURE_OUTCOME[capture["status"]] if capture else outcome,
        amount=minor(price),
        currency=price["currency_code"],
        provider_payment_id=capture.get("id", ""),
        fee=_fee(capture, price["currency_code"]),
        refunds=tuple(refund_state(refund) for refund in payments_of(order, "refunds")),
    )


def _fee(capture: Mapping[str, Any], currency: str) -> int | None:
    fee = capture.get("seller_receivable_breakdown", {}).get("paypal_fee")
    return minor(fee) if fee and fee["currency_code"] == currency else None


def refund_state(refund: Mapping[str, Any]) -> RefundState:
    ours = refund.get("custom_id", "").partition(REFUND_PREFIX)[2]
    return RefundState(
        refund["id"],
        minor(refund["amount"]),
        _REFUND_STATUS[refund["status"]],
        int(ours) if ours.isdecimal() else None,
    )


def read_event(event: Mapping[str, Any]) -> GatewayEvent:
    resource, kind = event["resource"], event["event_type"]
    checkout_id = capture_id = reference = ""
    if kind.startswith("CHECKOUT."):
        checkout_id = resource.get("id") or resource.get("order_id", "")
        reference = resource.get("purchase_units", [{}])[0].get("custom_id", "")
    elif kind.startswith("CUSTOMER.DISPUTE."):
        capture_id = resource["disputed_transactions"][0]["seller_transaction_id"]
    elif "/captures/" in _up(resource):  # of a refund or a reversal
        capture_id = _last_part(_up(resource))
    elif kind.startswith("PAYMENT.CAPTURE."):
        checkout_id, capture_id = order_of(resource), resource["id"]
        reference = resource.get("custom_id", "")
    return GatewayEvent(
        id=event["id"],
        kind=kind,
        checkout_id=checkout_id,
        provider_payment_id=capture_id,
        reference=reference,
    )


def order_of(capture: Mapping[str, Any]) -> str:
    """Return the ID of a capture's order."""
    related = capture.get("supplementary_data", {}).get("related_ids", {})
    return related.get("order_id") or _last_part(_up(capture))


def _up(resource: Mapping[str, Any]) -> str:
    """Return the address of a capture's order, or of a refund's capture."""
    links: dict[str, str] = {link["rel"]: link["href"] for link in resource.get("links", [])}
    return links.get("up", "")


def _last_part(url: str) -> str:
    return url.rpartition("/")[2]
