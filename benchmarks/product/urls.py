"""The product's URLs, and two views that do nothing: the floors of every endpoint."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from config.urls import handler500, urlpatterns

__all__ = ["handler500", "urlpatterns"]


class BareView(APIView):
    """Authenticates, counts the limits, and responds with as many bytes."""

    def get(self, request: Request, size: int) -> HttpResponse:
        return HttpResponse(b"0" * size, content_type="application/json")

    post = get


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [
    path("plain/", plain),
    path("api/bare/<int:size>/", BareView.as_view()),
    *urlpatterns,
]
