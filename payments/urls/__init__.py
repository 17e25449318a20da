from django.urls import path

from payments.views import payments, webhooks

_ONE = "payments/<id:payment_id>/"
_WEBHOOK = "payments/webhooks/<str:provider>/"

urlpatterns = [
    path("payments/", payments.PaymentListView.as_view(), name="payments"),
    path(_ONE, payments.PaymentView.as_view(), name="payment"),
    path(f"{_ONE}refund/", payments.RefundView.as_view(), name="payment-refund"),
    path(_WEBHOOK, webhooks.WebhookView.as_view(), name="payment-webhook"),
    path(
        "events/<id:event_id>/payments/",
        payments.EventPaymentListView.as_view(),
        name="event-payments",
    ),
]
