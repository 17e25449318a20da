"""Events, categories and tags over HTTP."""

from typing import Any

from django.utils.decorators import method_decorator
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import signed_in
from accounts.selectors import EmailNotVerified
from events import schema, selectors, services
from events.filters import EventFilter, SearchFilter
from events.models import Category, Event, Tag
from events.permissions import AdminsWrite, OrganizersAdd, OrganizersWrite, OwnersWrite
from events.search import RankedPagination
from events.serializers import (
    CategorySerializer,
    EventChangeSerializer,
    EventInputSerializer,
    EventSerializer,
    TagSerializer,
)


class EventPages(generics.GenericAPIView[Event]):
    """Lists of events, each with what the upper floors show on it."""

    serializer_class = EventSerializer
    filterset_class: Any = EventFilter
    swagger_tag = "events"

    def get_queryset(self) -> Any:
        return Event.objects.with_details()

    def list_events(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        selectors.add_extras(page, user=signed_in(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class EventListView(EventPages):
    permission_classes = [IsAuthenticated, OrganizersWrite]
    swagger_errors = {"POST": [403, EmailNotVerified]}

    @swagger_auto_schema(**schema.EVENT_LIST)
    def get(self, request: Request) -> Response:
        """Find events: the published ones that have not ended, soonest first."""
        return self.list_events(request)

    @swagger_auto_schema(**schema.EVENT_CREATE)
    def post(self, request: Request) -> Response:
        """Create an event (organizers). `status: draft` keeps it to yourself."""
        serializer = EventInputSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        event = services.create_event(
            organizer=signed_in(request),
            details=serializer.validated_data,
        )
        return Response(_shown(event, request), status=status.HTTP_201_CREATED)


class SearchView(EventPages):
    filterset_class = SearchFilter
    pagination_class = RankedPagination

    @swagger_auto_schema(**schema.EVENT_LIST)
    def get(self, request: Request) -> Response:
        """Search by words, category and tags."""
        return self.list_events(request)


class EventView(generics.GenericAPIView[Event]):
    permission_classes = [IsAuthenticated, OwnersWrite]
    swagger_tag = "events"
    swagger_errors = {"PUT": [403, 409], "PATCH": [403, 409], "DELETE": [403]}

    def get_object(self) -> Event:
        user = signed_in(self.request)
        event = selectors.get_visible(
            event_id=self.kwargs["event_id"], user=user, with_details=True
        )
        self.check_object_permissions(self.request, event)
        return event

    @swagger_auto_schema(**schema.EVENT_READ)
    def get(self, request: Request, event_id: int) -> Response:
        """One event. Cancelled ones stay readable, drafts are their owner's."""
        return Response(_shown(self.get_object(), request))

    @swagger_auto_schema(**schema.EVENT_CHANGE)
    def put(self, request: Request, event_id: int) -> Response:
        """Change my event; fields left out stay. `status: cancelled` is final."""
        return self._change(request)

    @swagger_auto_schema(**schema.EVENT_CHANGE)
    def patch(self, request: Request, event_id: int) -> Response:
        """Change my event; fields left out stay. `status: cancelled` is final."""
        return self._change(request)

    def _change(self, request: Request) -> Response:
        event = self.get_object()
        serializer = EventChangeSerializer(event, data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        services.update_event(event_id=event.pk, changes=serializer.validated_data)
        return Response(_shown(self.get_object(), request))

    def delete(self, request: Request, event_id: int) -> Response:
        """Delete my event: gone from the API, kept for the records."""
        services.delete_event(event_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class NamedRowView(generics.RetrieveUpdateDestroyAPIView[Any]):
    """One category or tag: everyone reads it, admins change it."""

    permission_classes = [IsAuthenticated, AdminsWrite]
    swagger_tag = "categories and tags"
    swagger_errors = {"PUT": [403], "PATCH": [403], "DELETE": [403, 409]}

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.partial_update(request, *args, **kwargs)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        row: Any = serializer.instance
        for field, value in serializer.validated_data.items():
            setattr(row, field, value)
        services.save_named(row)


@method_decorator(name="get", decorator=swagger_auto_schema(**schema.CATEGORIES))
@method_decorator(name="post", decorator=swagger_auto_schema(**schema.CATEGORY_ANSWER))
class CategoryListView(generics.ListCreateAPIView[Category]):
    """What events are about; admins add to the list."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    permission_classes = [IsAuthenticated, AdminsWrite]
    swagger_tag = "categories and tags"
    swagger_errors = {"POST": [403]}

    def perform_create(self, serializer: BaseSerializer[Category]) -> None:
        serializer.instance = Category(**serializer.validated_data)
        services.save_named(serializer.instance)


@method_decorator(name="get", decorator=swagger_auto_schema(**schema.CATEGORY_ANSWER))
@method_decorator(name="put", decorator=swagger_auto_schema(**schema.CATEGORY_ANSWER))
@method_decorator(name="patch", decorator=swagger_auto_schema(**schema.CATEGORY_ANSWER))
class CategoryView(NamedRowView):
    """One category; admins change it. Events must leave it before it can be deleted."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer

    def perform_destroy(self, instance: Category) -> None:
        services.delete_category(category=instance)


@method_decorator(name="get", decorator=swagger_auto_schema(**schema.TAGS))
class TagListView(generics.ListAPIView[Tag]):
    """The words that events are tagged with."""

    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    permission_classes = [IsAuthenticated, OrganizersAdd]
    swagger_tag = "categories and tags"
    swagger_errors = {"POST": [403, EmailNotVerified]}

    @swagger_auto_schema(**schema.TAG_CREATE)
    def post(self, request: Request) -> Response:
        """Add a tag (organizers). One that exists is answered with 200."""
        serializer = TagSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tag, is_new = services.create_tag(name=serializer.validated_data["name"])
        answer = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(TagSerializer(tag).data, status=answer)


@method_decorator(name="get", decorator=swagger_auto_schema(**schema.TAG_ANSWER))
@method_decorator(name="put", decorator=swagger_auto_schema(**schema.TAG_ANSWER))
@method_decorator(name="patch", decorator=swagger_auto_schema(**schema.TAG_ANSWER))
class TagView(NamedRowView):
    """One tag; admins change it."""

    queryset = Tag.objects.all()
    serializer_class = TagSerializer


def _shown(event: Event, request: Request) -> Any:
    selectors.add_extras([event], user=signed_in(request))
    return EventSerializer(event, context={"request": request}).data
