"""Request and response bodies of discount codes."""

from decimal import Decimal
from typing import Any

from core.api import serializers
from core.api.fields import InstantField
from core.money import to_text
from events.models import MOST_SEATS, DiscountCode
from events.models.ticket_types import MOST_TICKET_TYPES
from events.serializers.ticket_types import AmountField

_SMALLEST = Decimal("0.001")  # of any currency


class DiscountCodeSerializer(serializers.ModelSerializer[DiscountCode]):
    """A code with the `currency` that `events.selectors.codes` adds."""

    amount_off = serializers.SerializerMethodField(
        help_text="Amount off the price of the whole party, in the currency's own places."
    )
    used = serializers.IntegerField(help_text="RSVPs with this code, also on the waitlist.")
    unlocks = serializers.PrimaryKeyRelatedField[Any](
        many=True, read_only=True, help_text="IDs of hidden ticket types."
    )

    class Meta:
        model = DiscountCode
        fields = [
            "id", "code", "percent_off", "amount_off", "max_uses", "used", "valid_from",
            "valid_until", "unlocks",
        ]  # fmt: skip
        read_only_fields = fields

    def get_amount_off(self, code: Any) -> str | None:
        return None if code.amount_off is None else to_text(code.amount_off, code.currency)


class DiscountCodeInputSerializer(serializers.ModelSerializer[DiscountCode]):
    """The body of a new code, or with `partial` of a change."""

    ignores_fields_of = (DiscountCodeSerializer,)

    code = serializers.RegexField(
        r"^[A-Za-z0-9_-]+\Z",
        min_length=3,
        max_length=40,
        help_text="Letters, digits, - and _, in upper or lower case.",
    )
    amount_off = AmountField(
        min_value=_SMALLEST,
        allow_null=True,
        required=False,
        help_text="Amount off the price of the whole party, such as 5.00.",
    )
    max_uses = serializers.IntegerField(
        min_value=1, max_value=MOST_SEATS, allow_null=True, required=False,
        help_text="Number of RSVPs. Null: no limit.",
    )  # fmt: skip
    valid_from = InstantField(allow_null=True, required=False)
    valid_until = InstantField(allow_null=True, required=False)
    unlocks = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=MOST_TICKET_TYPES,
        required=False,
        help_text="IDs of the hidden ticket types that the code shows.",
    )

    class Meta:
        model = DiscountCode
        fields = [
            "code", "percent_off", "amount_off", "max_uses", "valid_from", "valid_until", "unlocks",
        ]  # fmt: skip
