from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from notifications import kinds
        from payments import notifications, receivers  # noqa: F401  (connects the receivers)

        kinds.register(notifications.PAYMENT_RECEIPT, notifications.REFUNDED)
