"""Refusals of payments: each has a code, a status and a message for the client."""

from core.errors import NotThere, ProviderUnavailable, RuleBroken


class NoProvider(RuleBroken):
    """The organizer's prices were set while a provider was on; the same code as for prices."""

    code = "payments_not_configured"
    message = "This server can't take payments now. Choose free tickets, or ask the organizer."


class PaymentNotFound(NotThere):
    message = "You have no payment with this ID, and no event that sold it."


class UnknownProvider(NotThere):
    message = "This server takes no payments from this provider."


class PaymentsHidden(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event and admins can see its payments and refund them."


class PaymentDisputed(RuleBroken):
    code = "payment_disputed"
    message = (
        "The payer disputes this payment with their bank, which decides about the money. "
        "Wait for the decision."
    )


class RefundTooLarge(RuleBroken):
    code = "refund_too_large"
    message = "This is more than what is left of the payment. Refund a smaller amount."


class NothingToRefund(RefundTooLarge):
    message = "Nothing is left of this payment: it was not paid, or all of it is refunded."


class WebhookInvalid(RuleBroken):
    status = 400
    code = "bad_signature"
    message = "The signature is missing, wrong or stale."


class PaymentProviderUnavailable(ProviderUnavailable):
    message = (
        "The payment provider is not responding. Your seats are held. Send the same request again."
    )


class PaymentRefused(RuleBroken):
    code = "payment_refused"
    message = (
        "The payment provider refuses this payment. Its amount may be too small. Choose other "
        "tickets or another provider; your seats are held until then."
    )


class SeatsGone(RuleBroken):
    """Raised by receivers of `payment_approved`: the seats can't be taken again."""

    code = "seats_gone"
    message = "The seats were given to others. Nothing was charged."
