from django.urls import path

from rsvp.views import answers, attendance, door, feeds

urlpatterns = [
    path("events/<id:event_id>/rsvp/", answers.AnswerView.as_view(), name="event-rsvp"),
    path("events/<id:event_id>/cancel/", answers.LeaveView.as_view(), name="event-cancel"),
    path(
        "events/<id:event_id>/walk-in/confirm/",
        answers.ConfirmWalkInView.as_view(),
        name="confirm-walk-in",
    ),
    path("events/<id:event_id>/ticket/", door.TicketView.as_view(), name="event-ticket"),
    path("events/<id:event_id>/check-in/", door.CheckInView.as_view(), name="check-in"),
    path(
        "events/<id:event_id>/check-in/batch/",
        door.CheckInBatchView.as_view(),
        name="check-in-batch",
    ),
    path(
        "events/<id:event_id>/check-in/close/",
        door.CloseCheckInView.as_view(),
        name="check-in-close",
    ),
    path(
        "events/<id:event_id>/attendees/",
        attendance.AttendeeListView.as_view(),
        name="attendees",
    ),
    path(
        "events/<id:event_id>/attendance/",
        attendance.AttendanceView.as_view(),
        name="attendance",
    ),
    path("events/recommended/", answers.RecommendedView.as_view(), name="recommended"),
    path("series/<id:series_id>/rsvp/", answers.SeriesAnswerView.as_view(), name="series-rsvp"),
    path("series/<id:series_id>/cancel/", answers.SeriesLeaveView.as_view(), name="series-cancel"),
    path("users/calendar/", feeds.CalendarAddressView.as_view(), name="calendar-address"),
    path("calendar/<str:secret>.ics", feeds.CalendarFeedView.as_view(), name="calendar-feed"),
    path("rsvps/", answers.MyAnswerListView.as_view(), name="rsvps"),
]
