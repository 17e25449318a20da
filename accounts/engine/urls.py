"""allauth's headless API and what we add to it: asked in process, served to nobody."""

from allauth.headless.constants import Client
from django.urls import include, path

from accounts.engine.providers import ProviderView

app_name = "engine"
urlpatterns = [
    path("", include("allauth.headless.urls")),
    path("provider", ProviderView.as_api_view(client=Client.APP), name="provider"),
]
