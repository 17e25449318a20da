from django.urls import path

from analytics import views

urlpatterns = [
    path("analytics/overview/", views.OverviewView.as_view(), name="analytics-overview"),
    path("analytics/popular-events/", views.PopularView.as_view(), name="analytics-popular-events"),
    path(
        "events/<id:event_id>/analytics/", views.EventNumbersView.as_view(), name="event-analytics"
    ),
]
