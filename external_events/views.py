"""Events from elsewhere over HTTP."""

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
from core.errors import ProviderUnavailable
from events.permissions import OrganizersWrite
from events.selectors import add_extras, get_visible
from external_events import openapi, selectors
from external_events.callers import caller_of
from external_events.exceptions import (
    ExternalEventCancelled,
    ProviderNotConfigured,
    ProviderShareUsedUp,
)
from external_events.models import Subscription
from external_events.pages import ProviderPagination
from external_events.serializers import (
    ExternalEventSerializer,
    ImportedEventSerializer,
    ImportSerializer,
    RunInputSerializer,
    RunSerializer,
    SearchSerializer,
    SubscriptionDetailSerializer,
    SubscriptionSerializer,
)
from external_events.services import finding, runs, subscriptions
from external_events.services.duplicates import others_of
from external_events.services.importing import import_event


class ExternalEventListView(generics.GenericAPIView[Any]):
    serializer_class = ExternalEventSerializer
    pagination_class = ProviderPagination
    filter_backends: list[Any] = []
    throttle_scope = "external"
    throttle_safe_methods = True
    swagger_tag = "external events"
    swagger_errors = {"GET": [ProviderShareUsedUp, ProviderNotConfigured, ProviderUnavailable]}

    @swagger_auto_schema(**openapi.SEARCH)
    def get(self, request: Request) -> Response:
        """Find events at a provider, soonest first. Answers are kept for five minutes.

        `date_from` and `date_to` are days at the venue, whatever its time zone. An event with a
        known day and an unknown hour is found by its day; an event without a day is not found by
        days.

        While the provider is away, what was kept within a day is answered, marked `stale`.
        """
        asked = SearchSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        words = asked.validated_data
        provider = (
            finding.provider_named(words["provider"])
            if "provider" in words
            else finding.usual_provider()
        )
        query = finding.query_of(
            text=words["query"],
            location=words["location"],
            first_day=words.get("date_from"),
            last_day=words.get("date_to"),
        )
        found: Any = self.paginate_queryset((provider, query))
        imported = selectors.ids_imported_from(
            provider.name, [record.external_id for record in found], reader=signed_in(request)
        )
        shown_ones = ExternalEventSerializer(found, many=True, context={"imported": imported})
        return self.get_paginated_response(shown_ones.data)


class ImportView(APIView):
    permission_classes = [IsAuthenticated, OrganizersWrite]
    throttle_scope = "import"
    swagger_tag = "external events"
    swagger_errors = {
        "POST": [
            403,
            404,
            EmailNotVerified,
            ExternalEventCancelled,
            ProviderShareUsedUp,
            ProviderNotConfigured,
            ProviderUnavailable,
        ]
    }

    @swagger_auto_schema(**openapi.IMPORT)
    def post(self, request: Request, external_id: str) -> Response:
        """Import an event (organizers). Fields of an event in the body replace the provider's.

        Each organizer gets an event of their own, from the provider's facts. Importing it again
        returns it unchanged (200). `possible_duplicates` are published events that may be the
        same one: imported by others, from another provider, made here, or other rows of the same
        provider for the same show (VIP, parking, hours of entry). An end that is only a date is the
        end of that day at the venue, with `end_time_known: false`.
        """
        serializer = ImportSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        overrides = dict(serializer.validated_data)
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
        event.possible_duplicates = others_of(event)  # type: ignore[attr-defined]
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ImportedEventSerializer(event, context={"request": request}).data, code)


class SubscriptionListView(generics.GenericAPIView[Subscription]):
    queryset = Subscription.objects.select_related("last_run", "organizer", "category")
    serializer_class = SubscriptionSerializer
    permission_classes = [IsAuthenticated, AdminsOnly]
    admin_model = Subscription
    filter_backends: list[Any] = []
    swagger_tag = "external events"
    swagger_errors = {"GET": [403], "POST": [403]}

    @swagger_auto_schema(**openapi.SUBSCRIPTION_LIST)
    def get(self, request: Request) -> Response:
        """The standing imports, with how the last run of each went (admins)."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @swagger_auto_schema(**openapi.SUBSCRIPTION_CREATE)
    def post(self, request: Request) -> Response:
        """Import what a search finds, again and again (admins). The first run begins at once.

        `every: once` runs only when asked to.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        created = subscriptions.create_subscription(details=serializer.validated_data)
        return Response(_shown(created.pk), status=status.HTTP_201_CREATED)


class SubscriptionView(APIView):
    permission_classes = [IsAuthenticated, AdminsOnly]
    admin_model = Subscription
    swagger_tag = "external events"
    swagger_errors = {"GET": [403], "PUT": [403], "PATCH": [403], "DELETE": [403]}

    @swagger_auto_schema(**openapi.SUBSCRIPTION)
    def get(self, request: Request, subscription_id: int) -> Response:
        """A standing import with its ten newest runs; one under way tells how far it is."""
        return Response(_shown(subscription_id))

    @swagger_auto_schema(**openapi.SUBSCRIPTION_CHANGE)
    def put(self, request: Request, subscription_id: int) -> Response:
        """Change a standing import; fields left out stay."""
        return self._change(request, subscription_id)

    @swagger_auto_schema(**openapi.SUBSCRIPTION_CHANGE)
    def patch(self, request: Request, subscription_id: int) -> Response:
        """Change a standing import; fields left out stay."""
        return self._change(request, subscription_id)

    def _change(self, request: Request, subscription_id: int) -> Response:
        subscription = selectors.get_subscription(subscription_id)
        serializer = SubscriptionDetailSerializer(subscription, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        subscriptions.update_subscription(
            subscription_id=subscription_id, changes=serializer.validated_data
        )
        return Response(_shown(subscription_id))

    @swagger_auto_schema(**openapi.SUBSCRIPTION_DELETE)
    def delete(self, request: Request, subscription_id: int) -> Response:
        """End a standing import; what it has imported stays."""
        subscriptions.delete_subscription(subscription_id=subscription_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RunView(APIView):
    permission_classes = [IsAuthenticated, AdminsOnly]
    admin_model = Subscription
    admin_actions = {"POST": "change"}
    throttle_scope = "import"
    swagger_tag = "external events"
    swagger_errors = {"POST": [403]}

    @swagger_auto_schema(**openapi.RUN)
    def post(self, request: Request, subscription_id: int) -> Response:
        """Run a standing import now; look at it for how far it is.

        While one is under way, that one is answered.
        """
        subscription = selectors.get_subscription(subscription_id)
        asked = RunInputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run, is_new = runs.start_run(
            subscription_id=subscription.pk, dry_run=asked.validated_data.get("dry_run")
        )
        code = status.HTTP_202_ACCEPTED if is_new else status.HTTP_200_OK
        return Response(RunSerializer(run).data, status=code)


def _shown(subscription_id: int) -> Any:
    subscription = selectors.get_subscription(subscription_id)
    context = {"runs": selectors.last_runs(subscription)}
    return SubscriptionDetailSerializer(subscription, context=context).data
