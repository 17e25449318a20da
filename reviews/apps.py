from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        from notifications import kinds
        from reviews import notifications, receivers  # noqa: F401  (connects the receivers)

        kinds.register(notifications.REVIEW_REQUEST)
