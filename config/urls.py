"""The URLs of all apps, named in strings: config imports none of them."""

from django.contrib import admin
from django.urls import include, path

handler500 = "core.api.problems.server_error"

urlpatterns = [
    path("", include("core.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("accounts.urls")),
    path("api/", include("notifications.urls")),
    path("api/", include("events.urls")),
    path("api/", include("rsvp.urls")),
    path("api/", include("external_events.urls")),
    path("api/", include("reviews.urls")),
    path("api/", include("analytics.urls")),
]
