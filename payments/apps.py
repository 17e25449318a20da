from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from events.ticketing import register_price_check
        from notifications import kinds
        from payments import notifications, receivers  # noqa: F401  (connects the receivers)
        from payments.services.checkout import check_prices

        register_price_check(check_prices)
        kinds.register(notifications.PAYMENT_RECEIPT, notifications.REFUNDED)
