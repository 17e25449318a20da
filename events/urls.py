from django.urls import path

from events.views import events, named, search

urlpatterns = [
    path("events/", events.EventListView.as_view(), name="events"),
    path("events/search/", search.SearchView.as_view(), name="event-search"),
    path("events/suggest/", search.SuggestView.as_view(), name="event-suggest"),
    path("events/<id:event_id>/", events.EventView.as_view(), name="event"),
    path("categories/", named.CategoryListView.as_view(), name="categories"),
    path("categories/<id:pk>/", named.CategoryView.as_view(), name="category"),
    path("tags/", named.TagListView.as_view(), name="tags"),
    path("tags/<id:pk>/", named.TagView.as_view(), name="tag"),
]
