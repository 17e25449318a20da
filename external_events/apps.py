from django.apps import AppConfig


class ExternalEventsConfig(AppConfig):
    name = "external_events"
    verbose_name = "External events"
