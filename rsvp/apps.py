from django.apps import AppConfig


class RsvpConfig(AppConfig):
    name = "rsvp"
    verbose_name = "RSVPs"

    def ready(self) -> None:
        from accounts.deactivation import DeactivationEffect, register
        from notifications import kinds
        from rsvp import notifications, receivers, selectors  # noqa: F401  (connects the receivers)

        kinds.register(*notifications.KINDS)
        register(DeactivationEffect(describe=selectors.seats_given_up_by))
