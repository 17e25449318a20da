"""Endpoints of series."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from core.api.json import JSONParser
from core.api.requests import read
from core.images.folders import StorageUnavailable
from core.images.uploads import TooBusy
from core.ratelimit.throttles import UploadsCount
from events import openapi, selectors
from events.models import Series
from events.permissions import OwnersOnly
from events.serializers.series import SeriesChangeSerializer, SeriesSerializer
from events.series.changes import update_series
from events.series.endings import delete_series
from events.services import banners


class SeriesListView(generics.GenericAPIView[Series]):
    queryset = Series.objects.none()
    serializer_class = SeriesSerializer
    swagger_tag = "series"

    @swagger_auto_schema(**openapi.SERIES_LIST)
    def get(self, request: Request) -> Response:
        """List my series, newest first, including drafts and cancelled ones."""
        page: Any = self.paginate_queryset(selectors.series_of(signed_in(request)))
        selectors.add_dates_and_ratings(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class SeriesView(UploadsCount, generics.GenericAPIView[Series]):
    permission_classes = [IsAuthenticated, OwnersOnly]
    parser_classes = [JSONParser, MultiPartParser]
    swagger_tag = "series"
    swagger_errors = {
        "GET": [403],
        "PUT": [403, 409, StorageUnavailable, TooBusy],
        "PATCH": [403, 409, StorageUnavailable, TooBusy],
        "DELETE": [403],
    }

    def get_object(self) -> Series:
        user = signed_in(self.request)
        series = selectors.get_series(series_id=self.kwargs["series_id"], user=user)
        self.check_object_permissions(self.request, series)
        return series

    @swagger_auto_schema(**openapi.SERIES_READ)
    def get(self, request: Request, series_id: int) -> Response:
        """Get my series: its rule, and the values of new dates."""
        return self._body()

    @swagger_auto_schema(**openapi.SERIES_CHANGE)
    def patch(self, request: Request, series_id: int) -> Response:
        """Change all upcoming dates of my series; omitted fields keep their values.

        `start_time` alone keeps the length. `status: published` reverts a cancellation, except for
        dates that were cancelled alone.
        """
        series: Any = self.get_object()
        with banners.stored(read(SeriesChangeSerializer, request, series)) as changes:
            update_series(series_id=series.pk, changes=changes)
        return self._body()

    put = patch

    def _body(self) -> Response:
        series: Any = self.get_object()
        selectors.add_dates_and_ratings([series])
        return Response(SeriesSerializer(series, context={"request": self.request}).data)

    def delete(self, request: Request, series_id: int) -> Response:
        """Delete my series and its upcoming dates. Past dates are kept."""
        delete_series(series_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
