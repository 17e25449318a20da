from django.urls import path

from notifications import views

urlpatterns = [
    path("notifications/", views.NotificationListView.as_view(), name="notifications"),
    path(
        "notifications/<id:notification_id>/read/",
        views.ReadView.as_view(),
        name="notification-read",
    ),
    path("notifications/read-all/", views.ReadAllView.as_view(), name="notifications-read-all"),
    path("notifications/preferences/", views.PreferencesView.as_view(), name="preferences"),
    path(
        "notifications/unsubscribe/<str:token>/",
        views.UnsubscribeView.as_view(),
        name="unsubscribe",
    ),
    path("devices/", views.DeviceListView.as_view(), name="devices"),
    path("devices/<id:device_id>/", views.DeviceView.as_view(), name="device"),
]
