from django.urls import path

from external_events import views

urlpatterns = [
    path("external-events/", views.ExternalEventListView.as_view(), name="external-events"),
    path(
        "external-events/subscriptions/",
        views.SubscriptionListView.as_view(),
        name="import-subscriptions",
    ),
    path(
        "external-events/subscriptions/<id:subscription_id>/",
        views.SubscriptionView.as_view(),
        name="import-subscription",
    ),
    path(
        "external-events/subscriptions/<id:subscription_id>/run/",
        views.RunView.as_view(),
        name="import-run",
    ),
    path(
        "external-events/<str:external_id>/import/",
        views.ImportView.as_view(),
        name="external-event-import",
    ),
]
