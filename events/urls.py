from django.urls import path

from events import views

urlpatterns = [
    path("events/", views.EventListView.as_view(), name="events"),
    path("events/search/", views.SearchView.as_view(), name="event-search"),
    path("events/<id:event_id>/", views.EventView.as_view(), name="event"),
    path("categories/", views.CategoryListView.as_view(), name="categories"),
    path("categories/<id:pk>/", views.CategoryView.as_view(), name="category"),
    path("tags/", views.TagListView.as_view(), name="tags"),
    path("tags/<id:pk>/", views.TagView.as_view(), name="tag"),
]
