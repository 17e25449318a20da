"""Endpoints of external events and standing imports."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.exceptions import EmailNotVerified
from accounts.permissions import AdminsOnly
from core.api.requests import read, read_params
from core.errors import ProviderUnavailable
from events.permissions import OrganizersWrite
from events.selectors import add_extras, get_visible
from external_events import openapi, selectors, serializers
from external_events.callers import caller_of
from external_events.exceptions import (
    ExternalEventCancelled,
    ProviderNotConfigured,
    ProviderShareUsedUp,
)
from external_events.models import Subscription
from external_events.pagination import ProviderPagination
from external_events.providers import default_provider, get_provider
from external_events.providers.base import Query
from external_events.services import runs, subscriptions
from external_events.services.duplicates import possible_duplicates
from external_events.services.imports import import_event

_TAG = "external events"
_PROVIDER_ERRORS = [ProviderShareUsedUp, ProviderNotConfigured, ProviderUnavailable]


class ExternalEventListView(generics.GenericAPIView[Any]):
    serializer_class = serializers.ExternalEventSerializer
    pagination_class = ProviderPagination
    filter_backends: list[Any] = []
    throttle_scope = "external"
    throttle_safe_methods = True
    swagger_tag = _TAG
    swagger_errors = {"GET": _PROVIDER_ERRORS}

    @swagger_auto_schema(**openapi.SEARCH)
    def get(self, request: Request) -> Response:
        """Search the events of a provider, soonest first. Results are cached for five minutes.

        `date_from` and `date_to` are days at the venue, in any time zone. An event with a known
        day and an unknown hour is found by its day; an event without a day is not found by days.

        While the provider is unavailable, results of the last 24 hours are returned, marked
        `stale`.
        """
        params = read_params(serializers.SearchSerializer, request)
        provider = get_provider(params["provider"]) if "provider" in params else default_provider()
        query = Query(
            text=params["query"],
            location=params["location"],
            first_day=params.get("date_from"),
            last_day=params.get("date_to"),
        )
        records: Any = self.paginate_queryset((provider, query))
        imported = selectors.ids_imported_from(
            provider.name, [record.external_id for record in records], reader=signed_in(request)
        )
        output = serializers.ExternalEventSerializer(
            records, many=True, context={"imported": imported}
        )
        return self.get_paginated_response(output.data)


class ImportView(APIView):
    permission_classes = [IsAuthenticated, OrganizersWrite]
    throttle_scope = "import"
    swagger_tag = _TAG
    swagger_errors = {
        "POST": [403, 404, EmailNotVerified, ExternalEventCancelled, *_PROVIDER_ERRORS]
    }

    @swagger_auto_schema(**openapi.IMPORT)
    def post(self, request: Request, external_id: str) -> Response:
        """Import an event (organizers). Fields in the body replace the provider's.

        Each organizer gets an event of their own, with the provider's facts. Importing it again
        returns it unchanged (200). `possible_duplicates` are published events that may be the
        same: imported by others, from another provider, created here, or other rows of the same
        provider for the same show (VIP, parking, hours of entry). An end that is only a date
        becomes the end of that day at the venue, with `end_time_known: false`.
        """
        overrides = read(serializers.ImportSerializer, request)
        organizer = signed_in(request)
        event, is_new = import_event(
            provider=overrides.pop("provider"),
            external_id=external_id,
            organizer=organizer,
            overrides=overrides,
            caller=caller_of(request),
        )
        event = get_visible(event_id=event.pk, user=organizer, with_details=True)
        add_extras([event], user=organizer)
        event.possible_duplicates = possible_duplicates(event)  # type: ignore[attr-defined]
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        output = serializers.ImportedEventSerializer(event, context={"request": request})
        return Response(output.data, code)


class _AdminView(generics.GenericAPIView[Subscription]):
    queryset = Subscription.objects.select_related("last_run", "organizer", "category")
    serializer_class = serializers.SubscriptionSerializer
    permission_classes = [IsAuthenticated, AdminsOnly]
    admin_model = Subscription
    filter_backends: list[Any] = []
    swagger_tag = _TAG


class SubscriptionListView(_AdminView):
    swagger_errors = {"GET": [403], "POST": [403]}

    @swagger_auto_schema(**openapi.SUBSCRIPTION_LIST)
    def get(self, request: Request) -> Response:
        """List the standing imports, with the last run of each (admins)."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @swagger_auto_schema(**openapi.SUBSCRIPTION_CREATE)
    def post(self, request: Request) -> Response:
        """Import the results of a search regularly (admins). The first run starts immediately.

        With `every: once` it only runs on request.
        """
        details = read(serializers.SubscriptionSerializer, request)
        created = subscriptions.create_subscription(details=details)
        return Response(_detail_of(created.pk), status=status.HTTP_201_CREATED)


class SubscriptionView(_AdminView):
    swagger_errors = {"GET": [403], "PUT": [403], "PATCH": [403], "DELETE": [403]}

    @swagger_auto_schema(**openapi.SUBSCRIPTION)
    def get(self, request: Request, subscription_id: int) -> Response:
        """Return a standing import with its ten newest runs and the progress of a current one."""
        return Response(_detail_of(subscription_id))

    @swagger_auto_schema(**openapi.SUBSCRIPTION_CHANGE)
    def patch(self, request: Request, subscription_id: int) -> Response:
        """Change a standing import; fields that are left out stay."""
        subscription = selectors.get_subscription(subscription_id)
        changes = read(
            serializers.SubscriptionDetailSerializer, request, subscription, partial=True
        )
        subscriptions.update_subscription(subscription_id=subscription_id, changes=changes)
        return Response(_detail_of(subscription_id))

    put = patch

    def delete(self, request: Request, subscription_id: int) -> Response:
        """Delete a standing import; imported events stay."""
        subscriptions.delete_subscription(subscription_id=subscription_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RunView(_AdminView):
    admin_actions = {"POST": "change"}
    throttle_scope = "import"
    swagger_errors = {"POST": [403]}

    @swagger_auto_schema(**openapi.RUN)
    def post(self, request: Request, subscription_id: int) -> Response:
        """Run a standing import now, in the background.

        Returns the current run if there is one. The standing import shows its progress.
        """
        subscription = selectors.get_subscription(subscription_id)
        params = read(serializers.RunInputSerializer, request)
        run, is_new = runs.start_run(subscription_id=subscription.pk, dry_run=params.get("dry_run"))
        code = status.HTTP_202_ACCEPTED if is_new else status.HTTP_200_OK
        return Response(serializers.RunSerializer(run).data, status=code)


def _detail_of(subscription_id: int) -> Any:
    subscription = selectors.get_subscription(subscription_id)
    return serializers.SubscriptionDetailSerializer(subscription).data
