from django.urls import path

from payments.views import test_page

urlpatterns = [
    path("payments/test/<str:token>/", test_page.TestPageView.as_view(), name="test-provider-page"),
]
