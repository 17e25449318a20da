"""Endpoints of categories and tags."""

from typing import Any

from django.utils.decorators import method_decorator
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.exceptions import EmailNotVerified
from accounts.permissions import AdminsWrite
from core.api.requests import read
from core.api.serializers import BaseSerializer
from events import openapi
from events.models import Category, Tag
from events.permissions import OrganizersAdd
from events.serializers.categories import CategorySerializer, TagSerializer
from events.services import categories as services


class NamedRowView(generics.RetrieveUpdateDestroyAPIView[Any]):
    """A category or tag that everyone can read and admins can change."""

    permission_classes = [IsAuthenticated, AdminsWrite]
    swagger_tag = "categories and tags"
    swagger_errors = {"PUT": [403], "PATCH": [403], "DELETE": [403, 409]}

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.partial_update(request, *args, **kwargs)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        row: Any = serializer.instance
        for field, value in serializer.validated_data.items():
            setattr(row, field, value)
        services.save_category_or_tag(row)


@method_decorator(name="get", decorator=swagger_auto_schema(**openapi.CATEGORIES))
@method_decorator(name="post", decorator=swagger_auto_schema(**openapi.CATEGORY_READ))
class CategoryListView(generics.ListCreateAPIView[Category]):
    """List categories, or create one (admins)."""

    admin_model = Category
    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    permission_classes = [IsAuthenticated, AdminsWrite]
    swagger_tag = "categories and tags"
    swagger_errors = {"POST": [403]}

    def perform_create(self, serializer: BaseSerializer[Category]) -> None:
        serializer.instance = Category(**serializer.validated_data)
        services.save_category_or_tag(serializer.instance)


@method_decorator(name="get", decorator=swagger_auto_schema(**openapi.CATEGORY_READ))
@method_decorator(name="put", decorator=swagger_auto_schema(**openapi.CATEGORY_READ))
@method_decorator(name="patch", decorator=swagger_auto_schema(**openapi.CATEGORY_READ))
class CategoryView(NamedRowView):
    """Get, change or delete one category (admins). Events must not use a deleted one."""

    admin_model = Category
    queryset = Category.objects.all()
    serializer_class = CategorySerializer

    def perform_destroy(self, instance: Category) -> None:
        services.delete_category(category=instance)


@method_decorator(name="get", decorator=swagger_auto_schema(**openapi.TAGS))
class TagListView(generics.ListAPIView[Tag]):
    """List tags, or create one (organizers)."""

    admin_model = Tag
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    permission_classes = [IsAuthenticated, OrganizersAdd]
    swagger_tag = "categories and tags"
    swagger_errors = {"POST": [403, EmailNotVerified]}

    @swagger_auto_schema(**openapi.TAG_CREATE)
    def post(self, request: Request) -> Response:
        """Create a tag (organizers). The status is 200 if it already exists."""
        tag, is_new = services.create_tag(**read(TagSerializer, request))
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(TagSerializer(tag).data, status=code)


@method_decorator(name="get", decorator=swagger_auto_schema(**openapi.TAG_READ))
@method_decorator(name="put", decorator=swagger_auto_schema(**openapi.TAG_READ))
@method_decorator(name="patch", decorator=swagger_auto_schema(**openapi.TAG_READ))
class TagView(NamedRowView):
    """Get, change or delete one tag (admins)."""

    admin_model = Tag
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
