"""Pages of the admin: payments with their comparison, refunds, and webhooks."""

from payments.admin.payments import PaymentAdmin, ProviderEventAdmin, RefundAdmin

__all__ = ["PaymentAdmin", "ProviderEventAdmin", "RefundAdmin"]
