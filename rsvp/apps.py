from django.apps import AppConfig


class RsvpConfig(AppConfig):
    name = "rsvp"
    verbose_name = "RSVPs"

    def ready(self) -> None:
        from accounts.deactivation import DeactivationEffect, register
        from core.database.functions import create_after_migrations
        from events.admin import register_inline
        from events.extras import EventExtra, register_event_extra
        from notifications import kinds
        from rsvp import notifications, receivers, selectors  # noqa: F401  (connects the receivers)
        from rsvp.admin import RsvpInline
        from rsvp.serializers.rsvps import MyRsvpSerializer
        from rsvp.services.under_lock import reading_function

        kinds.register(*notifications.KINDS)
        register(DeactivationEffect(describe=selectors.seats_given_up_by))
        register_event_extra(
            EventExtra("my_rsvp", selectors.my_rsvps, MyRsvpSerializer, selectors.MY_RSVP_SQL)
        )
        register_inline(RsvpInline, order=30)
        create_after_migrations(reading_function, app=self)
