from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        # `receivers` connects them, and `search` teaches SQLite before it is first used.
        from accounts.deactivation import register
        from events import deactivation, receivers, search  # noqa: F401

        register(deactivation.CONSEQUENCE)
