"""Examples and descriptions of the payment endpoints for Swagger."""

from typing import Any

from drf_yasg import openapi

from core.api.openapi import EMPTY_BODY, describe, example_body, query_parameters
from payments import serializers
from payments.filters import EventPaymentFilter

PAYMENT: dict[str, Any] = {
    "id": 7,
    "event": 41,
    "status": "paid",
    "amount": "25.00",
    "currency": "EUR",
    "lines": [{"ticket_type": 3, "quantity": 2, "unit_amount": "12.50", "discount": "0.00"}],
    "refunded_amount": "0.00",
    "refunds": [],
    "refund_until": "2027-06-02T17:00:00Z",
    "checkout_url": None,
    "expires_at": "2027-06-01T10:30:00Z",
    "provider": "stripe",
    "created_at": "2027-06-01T10:00:00Z",
    "paid_at": "2027-06-01T10:02:11Z",
}
_REFUND = {"amount": "12.50", "status": "pending", "reason": "One guest is ill."}
_TOTALS = {"EUR": {"paid": "25.00", "refunded": "0.00", "fees": "0.62", "net": "24.38"}}

PAYMENTS = describe("A page of my payments", PAYMENT)
PAYMENT_READ = describe("The payment", PAYMENT, serializers.PaymentSerializer)
EVENT_PAYMENTS = describe(
    "A page of payments",
    PAYMENT,
    page={"totals": _TOTALS},
    manual_parameters=query_parameters(EventPaymentFilter),
)
REFUND = describe(
    "The payment, whose refund is pending",
    PAYMENT | {"refunds": [_REFUND]},
    serializers.PaymentSerializer,
    body=serializers.RefundInputSerializer,
    status=[202],
)
WEBHOOK = describe(
    "The event was kept, or was known",
    {},
    EMPTY_BODY,
    body=openapi.Schema(type=openapi.TYPE_OBJECT, description="As the provider signed it."),
)

example_body(serializers.RefundInputSerializer, {"amount": "12.50", "reason": _REFUND["reason"]})
