from django.apps import AppConfig


class ExternalEventsConfig(AppConfig):
    name = "external_events"
    verbose_name = "External events"

    def ready(self) -> None:
        from external_events import receivers  # noqa: F401  (connects them)
