from django.urls import path

from reviews import views

_ONE = "events/<id:event_id>/reviews/<id:review_id>/"

urlpatterns = [
    path("reviews/", views.OwnReviewListView.as_view(), name="own-reviews"),
    path("events/<id:event_id>/reviews/", views.ReviewListView.as_view(), name="reviews"),
    path(_ONE, views.ReviewView.as_view(), name="review"),
    path(f"{_ONE}reply/", views.ReplyView.as_view(), name="review-reply"),
    path(f"{_ONE}hide/", views.HideView.as_view(), name="review-hide"),
]
