"""URLs of allauth's headless API and of `ProviderView`, for calls in process; never served."""

from allauth.headless.constants import Client
from django.urls import include, path

from accounts.allauth.providers import ProviderView

_ours = [path("provider", ProviderView.as_api_view(client=Client.APP), name="provider")]

urlpatterns = [path("", include("allauth.headless.urls")), path("", include((_ours, "ours")))]
