from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import notifications, receivers  # noqa: F401  (connects the receivers)
        from notifications import kinds

        kinds.register(*notifications.KINDS)
