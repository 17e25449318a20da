from urllib.parse import urlsplit

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from core import health
from core.api import document
from core.api.openapi import schema_view
from core.images import views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="swagger-ui"), name="home"),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("swagger/", schema_view.with_ui("swagger", cache_timeout=0), name="swagger-ui"),
    path("redoc/", schema_view.with_ui("redoc", cache_timeout=0), name="redoc"),
    path("swagger.<str:format>", document.serve, name="swagger-spec"),
]
# A MEDIA_URL with a host is served by another web server or an object store.
if not urlsplit(settings.MEDIA_URL).netloc:
    urlpatterns.append(path(f"{settings.MEDIA_URL.strip('/')}/<path:name>", views.serve))
