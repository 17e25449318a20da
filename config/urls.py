"""The URLs of all apps, named in strings: config imports none of them."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

handler500 = "core.api.problems.server_error"

urlpatterns = [
    path("", include("core.urls")),
    # The address of these pages before the model was renamed.
    re_path(
        r"^admin/rsvp/answer/(?P<page>.*)$",
        RedirectView.as_view(url="/admin/rsvp/rsvpchange/%(page)s", query_string=True),
    ),
    path("admin/", admin.site.urls),
    path("api/", include("accounts.urls")),
    path("api/", include("notifications.urls")),
    path("api/", include("events.urls")),
    path("api/", include("rsvp.urls")),
    path("api/", include("external_events.urls")),
    path("api/", include("reviews.urls")),
    path("api/", include("analytics.urls")),
]
