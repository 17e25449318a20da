from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import alerts, kinds

        kinds.register(alerts.ADMIN_ALERT)
