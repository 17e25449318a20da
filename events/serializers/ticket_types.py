"""Request and response bodies of ticket types."""

from typing import Any

from core.api import serializers
from core.api.fields import InstantField, TextOrNullField
from events.models import TicketType
from events.models.ticket_types import MOST_POSITION, MOST_QUANTITY

# More digits are never an amount, and cost time: 1e999999999.
_MOST_DIGITS = 20


class AmountField(serializers.DecimalField):
    """Money as decimal text; whether the currency can have the amount is a rule."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=_MOST_DIGITS, decimal_places=None, **kwargs)


class CurrencyField(serializers.CharField):
    """The code of a currency, in upper or lower case."""

    def to_internal_value(self, data: Any) -> str:
        return str(super().to_internal_value(data)).upper()


class TicketTypeSerializer(serializers.ModelSerializer[TicketType]):
    price = serializers.CharField(
        source="price_text", help_text="Decimal number in the currency's own places."
    )
    currency = TextOrNullField(help_text="ISO 4217; the same for all types of an event.")
    quantity = serializers.IntegerField(
        source="tally.quantity", allow_null=True, help_text="Null: no limit."
    )
    sold = serializers.IntegerField(source="tally.taken", help_text="Tickets with a seat.")
    available = serializers.IntegerField(
        allow_null=True,
        help_text="Free tickets, at most the free seats of the event. Null: no limit.",
    )

    class Meta:
        model = TicketType
        fields = [
            "id", "name", "description", "price", "currency", "quantity", "sold", "available",
            "max_per_person", "sales_open_at", "sales_close_at", "is_hidden", "position",
        ]  # fmt: skip
        read_only_fields = fields


class TicketTypeInputSerializer(serializers.ModelSerializer[TicketType]):
    """The body of a new ticket type, or with `partial` of a change."""

    ignores_fields_of = (TicketTypeSerializer,)

    price = AmountField(
        min_value=0, required=False, help_text="Decimal number, such as 12.50. Default: free."
    )
    currency = CurrencyField(
        max_length=10,
        allow_null=True,
        required=False,
        help_text="ISO 4217; required with a price. All types of an event have the same one.",
    )
    quantity = serializers.IntegerField(
        min_value=1,
        max_value=MOST_QUANTITY,
        allow_null=True,
        required=False,
        help_text="Number of tickets. Null: no limit.",
    )
    sales_open_at = InstantField(allow_null=True, required=False)
    sales_close_at = InstantField(allow_null=True, required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=MOST_POSITION, required=False, help_text="Order of display."
    )

    class Meta:
        model = TicketType
        fields = [
            "name", "description", "price", "currency", "quantity", "max_per_person",
            "sales_open_at", "sales_close_at", "is_hidden", "position",
        ]  # fmt: skip


class CodeParams(serializers.QueryParams):
    code = serializers.CharField(
        max_length=40, required=False, help_text="Also shows the hidden types that it unlocks."
    )
