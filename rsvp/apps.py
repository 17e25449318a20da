from django.apps import AppConfig


class RsvpConfig(AppConfig):
    name = "rsvp"

    def ready(self) -> None:
        from rsvp import receivers  # noqa: F401  (connects them)
