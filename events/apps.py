from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        # The one connects receivers, the other teaches SQLite before it is first used.
        from events import receivers, search  # noqa: F401
