from django.apps import AppConfig
from django.urls import register_converter


class CoreConfig(AppConfig):
    name = "core"
    # The table and the recorded migrations have this label since they were made.
    label = "config"

    def ready(self) -> None:
        from core.converters import IdConverter

        register_converter(IdConverter, "id")
