from django.urls import path

from rsvp import views

urlpatterns = [
    path("events/<id:event_id>/rsvp/", views.AnswerView.as_view(), name="event-rsvp"),
    path("events/<id:event_id>/cancel/", views.LeaveView.as_view(), name="event-cancel"),
    path("events/<id:event_id>/attendees/", views.AttendeeListView.as_view(), name="attendees"),
    path("events/recommended/", views.RecommendedView.as_view(), name="recommended"),
    path("series/<id:series_id>/rsvp/", views.SeriesAnswerView.as_view(), name="series-rsvp"),
    path("series/<id:series_id>/cancel/", views.SeriesLeaveView.as_view(), name="series-cancel"),
    path("users/calendar/", views.CalendarAddressView.as_view(), name="calendar-address"),
    path("calendar/<str:secret>.ics", views.CalendarFeedView.as_view(), name="calendar-feed"),
    path("rsvps/", views.MyAnswerListView.as_view(), name="rsvps"),
]
