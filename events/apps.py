from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.db.models import CharField, TextField
        from django.db.models.signals import post_migrate

        from accounts.deactivation import register
        from events import deactivation, receivers
        from events.search.sqlite import create_functions
        from events.search.substrings import Holds

        CharField.register_lookup(Holds)
        TextField.register_lookup(Holds)
        connection_created.connect(create_functions)
        post_migrate.connect(receivers.create_rows_function, sender=self)
        register(deactivation.CONSEQUENCE)
