from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from events import search  # noqa: F401  (teaches SQLite before it is first used)
