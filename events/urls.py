from django.urls import path

from events.views import (
    calendars,
    categories,
    codes,
    events,
    helpers,
    search,
    series,
    ticket_types,
)

urlpatterns = [
    path("events/", events.EventListView.as_view(), name="events"),
    path("events/search/", search.SearchView.as_view(), name="event-search"),
    path("events/suggest/", search.SuggestView.as_view(), name="event-suggest"),
    path("events/<id:event_id>/", events.EventView.as_view(), name="event"),
    path("events/<id:event_id>/copy/", events.EventCopyView.as_view(), name="event-copy"),
    path("events/<id:event_id>/staff/", helpers.HelperListView.as_view(), name="helpers"),
    path("events/<id:event_id>/staff/<id:user_id>/", helpers.HelperView.as_view(), name="helper"),
    path(
        "events/<id:event_id>/ticket-types/",
        ticket_types.TicketTypeListView.as_view(),
        name="ticket-types",
    ),
    path(
        "events/<id:event_id>/ticket-types/<id:type_id>/",
        ticket_types.TicketTypeView.as_view(),
        name="ticket-type",
    ),
    path("events/<id:event_id>/codes/", codes.CodeListView.as_view(), name="codes"),
    path("events/<id:event_id>/codes/<id:code_id>/", codes.CodeView.as_view(), name="code"),
    path("series/", series.SeriesListView.as_view(), name="series-list"),
    path("series/<id:series_id>/", series.SeriesView.as_view(), name="series"),
    path(
        "events/<id:event_id>/calendar.ics",
        calendars.EventCalendarView.as_view(),
        name="event-calendar",
    ),
    path(
        "series/<id:series_id>/calendar.ics",
        calendars.SeriesCalendarView.as_view(),
        name="series-calendar",
    ),
    path("categories/", categories.CategoryListView.as_view(), name="categories"),
    path("categories/<id:pk>/", categories.CategoryView.as_view(), name="category"),
    path("tags/", categories.TagListView.as_view(), name="tags"),
    path("tags/<id:pk>/", categories.TagView.as_view(), name="tag"),
]
