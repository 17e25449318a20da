from django.urls import path

from rsvp.views import attendees, check_in, feeds, rsvps

urlpatterns = [
    path("events/<id:event_id>/rsvp/", rsvps.RsvpView.as_view(), name="event-rsvp"),
    path("events/<id:event_id>/cancel/", rsvps.LeaveView.as_view(), name="event-cancel"),
    path(
        "events/<id:event_id>/walk-in/confirm/",
        rsvps.ConfirmWalkInView.as_view(),
        name="confirm-walk-in",
    ),
    path("events/<id:event_id>/ticket/", check_in.TicketView.as_view(), name="event-ticket"),
    path("events/<id:event_id>/check-in/", check_in.CheckInView.as_view(), name="check-in"),
    path(
        "events/<id:event_id>/check-in/batch/",
        check_in.CheckInBatchView.as_view(),
        name="check-in-batch",
    ),
    path(
        "events/<id:event_id>/check-in/close/",
        check_in.CloseCheckInView.as_view(),
        name="check-in-close",
    ),
    path("events/<id:event_id>/attendees/", attendees.AttendeeListView.as_view(), name="attendees"),
    path("events/<id:event_id>/attendance/", attendees.AttendanceView.as_view(), name="attendance"),
    path("events/recommended/", rsvps.RecommendedView.as_view(), name="recommended"),
    path("series/<id:series_id>/rsvp/", rsvps.SeriesRsvpView.as_view(), name="series-rsvp"),
    path("series/<id:series_id>/cancel/", rsvps.SeriesLeaveView.as_view(), name="series-cancel"),
    path("users/calendar/", feeds.CalendarAddressView.as_view(), name="calendar-address"),
    path("calendar/<str:secret>.ics", feeds.CalendarFeedView.as_view(), name="calendar-feed"),
    path("rsvps/", rsvps.MyRsvpListView.as_view(), name="rsvps"),
]
