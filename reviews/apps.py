from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        from events.admin import register_inline
        from notifications import kinds
        from reviews import notifications, receivers  # noqa: F401  (connects the receivers)
        from reviews.admin import ReviewInline

        kinds.register(notifications.REVIEW_REQUEST)
        register_inline(ReviewInline, order=40)
