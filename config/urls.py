"""The URLs of all apps, named in strings: config imports none of them."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.urls.resolvers import RoutePattern
from django.views.generic import RedirectView

from config.routes import KeptRoutes

handler500 = "core.api.problems.server_error"

urlpatterns = [
    KeptRoutes(
        RoutePattern("api/"),
        [
            path("", include("accounts.urls")),
            path("", include("notifications.urls")),
            path("", include("events.urls")),
            path("", include("payments.urls")),
            path("", include("rsvp.urls")),
            path("", include("external_events.urls")),
            path("", include("reviews.urls")),
            path("", include("analytics.urls")),
        ],
    ),
    path("", include("core.urls")),
    path("", include("payments.urls.pages")),
    # The address of these pages before the model was renamed.
    re_path(
        r"^admin/rsvp/answer/(?P<page>.*)$",
        RedirectView.as_view(url="/admin/rsvp/rsvpchange/%(page)s", query_string=True),
    ),
    path("admin/", admin.site.urls),
]
