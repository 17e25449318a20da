"""Where everything is. Apps are named in strings: config imports none of them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from config import api_document, health, media
from config.converters import IdConverter
from config.swagger import schema_view

register_converter(IdConverter, "id")

handler500 = "config.problems.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="swagger-ui"), name="home"),
    path("admin/", admin.site.urls),
    path("api/", include("accounts.urls")),
    path("api/", include("notifications.urls")),
    path("api/", include("events.urls")),
    path("api/", include("rsvp.urls")),
    path("api/", include("external_events.urls")),
    path("api/", include("reviews.urls")),
    path("api/", include("analytics.urls")),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("swagger/", schema_view.with_ui("swagger", cache_timeout=0), name="swagger-ui"),
    path("redoc/", schema_view.with_ui("redoc", cache_timeout=0), name="redoc"),
    path("swagger.<str:format>", api_document.serve, name="swagger-spec"),
]
# Elsewhere than here, a web server or an object store answers them.
if not urlsplit(settings.MEDIA_URL).netloc:
    urlpatterns.append(path(f"{settings.MEDIA_URL.strip('/')}/<path:name>", media.serve))
