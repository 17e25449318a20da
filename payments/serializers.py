"""Request and response bodies of payments. Amounts are decimal text in the currency's places."""

from typing import Any

from core.api import serializers
from core.api.fields import TextOrNullField
from core.money import to_text
from core.validators import PlainText
from payments.models import Payment, PaymentLine, Refund
from payments.models.refunds import LONGEST_REASON

# More digits are never an amount, and cost time: 1e999999999.
_MOST_DIGITS = 20


class _MoneyField(serializers.CharField):
    """An amount in minor units as text, in the currency of its payment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> str:
        payment = instance if isinstance(instance, Payment) else instance.payment
        amount: Any = super().get_attribute(instance)
        return to_text(amount, payment.currency)


class PaymentLineSerializer(serializers.ModelSerializer[PaymentLine]):
    ticket_type = serializers.IntegerField(source="ticket_type_id", read_only=True)
    unit_amount = _MoneyField()
    discount = _MoneyField(help_text="Of the whole line.")

    class Meta:
        model = PaymentLine
        fields = ["ticket_type", "quantity", "unit_amount", "discount"]
        read_only_fields = fields


class RefundSerializer(serializers.ModelSerializer[Refund]):
    amount = _MoneyField()

    class Meta:
        model = Refund
        fields = ["amount", "status", "reason"]
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    event = serializers.IntegerField(source="event_id", read_only=True)
    amount = _MoneyField()
    lines = PaymentLineSerializer(many=True, read_only=True)
    refunded_amount = _MoneyField()
    refunds = RefundSerializer(many=True, read_only=True)
    refund_until = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="Until then, tickets that are given back are refunded. Null: they are not.",
    )
    checkout_url = TextOrNullField(
        source="open_url",
        help_text="Page of the provider. Null unless the payment is open. That of an offer is made "
        "when its party sends its RSVP again.",
    )
    provider = serializers.CharField(
        read_only=True, help_text="Empty before the page of an offer is made."
    )

    class Meta:
        model = Payment
        fields = [
            "id", "event", "status", "amount", "currency", "lines", "refunded_amount", "refunds",
            "refund_until", "checkout_url", "expires_at", "provider", "created_at", "paid_at",
        ]  # fmt: skip
        read_only_fields = fields


class RefundInputSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (PaymentSerializer,)

    amount = serializers.DecimalField(
        max_digits=_MOST_DIGITS,
        decimal_places=None,
        required=False,
        help_text="Decimal number, such as 12.50. Default: all that is left.",
    )
    reason = serializers.CharField(
        max_length=LONGEST_REASON,
        required=False,
        allow_blank=True,
        validators=[PlainText(lines=True)],
    )
