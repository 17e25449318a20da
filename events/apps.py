from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        # `receivers` connects them, and `search` teaches SQLite before it is first used.
        from accounts import consequences
        from events import deactivation, receivers, search  # noqa: F401

        consequences.register(deactivation.CONSEQUENCE)
