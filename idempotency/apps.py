from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "idempotency"

    def ready(self) -> None:
        from idempotency import receivers  # noqa: F401  (connects the receivers)
