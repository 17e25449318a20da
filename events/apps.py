from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.db.models import CharField, TextField

        from accounts.deactivation import register
        from core.database.functions import create_after_migrations
        from events import deactivation, receivers  # noqa: F401  (connects the receivers)
        from events.cards import rows_function
        from events.search.sqlite import create_functions
        from events.search.substrings import Holds

        CharField.register_lookup(Holds)
        TextField.register_lookup(Holds)
        connection_created.connect(create_functions)
        create_after_migrations(rows_function, app=self)
        register(deactivation.CONSEQUENCE)
