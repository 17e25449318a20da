from django.apps import AppConfig


class ExternalEventsConfig(AppConfig):
    name = "external_events"
    verbose_name = "External events"

    def ready(self) -> None:
        from events.admin import register_inline, register_list_filter
        from external_events import receivers  # noqa: F401  (connects them)
        from external_events.admin.on_events import ImportInline
        from external_events.admin.rows import ProviderFilter

        register_inline(ImportInline, order=10)
        register_list_filter(ProviderFilter)
