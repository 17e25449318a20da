from django.urls import path

from external_events import views

_SUBSCRIPTIONS = "external-events/subscriptions/"
_SUBSCRIPTION = f"{_SUBSCRIPTIONS}<id:subscription_id>/"
_IMPORT = "external-events/<str:external_id>/import/"

urlpatterns = [
    path("external-events/", views.ExternalEventListView.as_view(), name="external-events"),
    path(_SUBSCRIPTIONS, views.SubscriptionListView.as_view(), name="import-subscriptions"),
    path(_SUBSCRIPTION, views.SubscriptionView.as_view(), name="import-subscription"),
    path(f"{_SUBSCRIPTION}run/", views.RunView.as_view(), name="import-run"),
    path(_IMPORT, views.ImportView.as_view(), name="external-event-import"),
]
