"""My RSVPs to events and series, and recommended events."""

from collections.abc import Callable
from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.conditional import respond
from core.api.requests import read, validated
from core.api.serializers import NoFieldsSerializer
from core.errors import Busy
from core.ratelimit.throttles import client_bucket
from events.exceptions import SeriesCancelled, SeriesOver
from events.search.listings import Listing
from events.views.events import EventPages
from payments.exceptions import NoProvider, PaymentProviderUnavailable, PaymentRefused
from rsvp import openapi, selectors, services
from rsvp.check_in import confirm_walk_in
from rsvp.exceptions import (
    EventFull,
    HasArrived,
    HoldNotEnded,
    JustPaid,
    NotAttendingOwnEvent,
    NotAttendingOwnSeries,
    OrganizerInactive,
    SalesClosed,
    SalesNotOpen,
    TicketsBought,
    TicketTypeSoldOut,
    TooLateToLeave,
    TooManyUnverifiedSeats,
    VerifiedPeopleOnly,
)
from rsvp.filters import RsvpFilter
from rsvp.models import Rsvp
from rsvp.recommendations import recommend
from rsvp.serializers.rsvps import (
    HeldRsvpSerializer,
    RsvpInputSerializer,
    SeriesRsvpInputSerializer,
    SeriesRsvpsSerializer,
    changed_body,
    held_bodies,
    rsvp_body,
)

LEAVING_REFUSALS = [
    NotAttendingOwnEvent,
    TooLateToLeave,
    HasArrived,
    JustPaid,
    HoldNotEnded,
    Busy,
]


class _RsvpView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"


class RsvpView(_RsvpView):
    swagger_errors = {
        "POST": [
            EventFull,
            TicketTypeSoldOut,
            TicketsBought,
            JustPaid,
            NoProvider,
            HoldNotEnded,
            PaymentProviderUnavailable,
            PaymentRefused,
            SalesNotOpen,
            SalesClosed,
            VerifiedPeopleOnly,
            OrganizerInactive,
            Busy,
        ],
        "DELETE": LEAVING_REFUSALS,
    }

    @swagger_auto_schema(**openapi.MY_RSVP)
    def get(self, request: Request, event_id: int) -> Response:
        """My RSVP for an event, or 404. While seats are held, it has what is needed to pay."""
        user = signed_in(request)
        [body] = held_bodies([selectors.own_rsvp(user=user, event_id=event_id)], user)
        return respond(request, body, lambda: Response(body))

    @swagger_auto_schema(**openapi.RSVP_CHANGE)
    def post(self, request: Request, event_id: int) -> Response:
        """RSVP to an event, or change my RSVP. If the event is full, I join the waitlist.

        Tickets with a price are held: `pending_payment`, until they are paid at `checkout_url`.
        The same request returns the same page. Other tickets, another code or another `provider`
        make a new page: I keep the seats that I still want, until the same time.
        """
        rsvp, is_new = _save(
            request,
            lambda **target: (services.leave_event(**target), False),
            services.mark_interested,
            _join_event,
            serializer=RsvpInputSerializer,
            event_id=event_id,
        )
        selectors.add_positions([rsvp])
        return Response(
            changed_body(rsvp, services.payment_page(rsvp)),
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )

    @swagger_auto_schema(**openapi.LEAVE_BY_DELETE)
    def delete(self, request: Request, event_id: int) -> Response:
        """Cancel my RSVP, as `POST .../cancel/` does."""
        return _leave(request, event_id)


class LeaveView(_RsvpView):
    swagger_errors = {"POST": LEAVING_REFUSALS}

    @swagger_auto_schema(**openapi.LEAVE)
    def post(self, request: Request, event_id: int) -> Response:
        """Cancel my RSVP: my seats go to the waitlist. Cancelling twice is no error.

        Tickets are refunded until the `refund_until` of their payment.
        """
        read(NoFieldsSerializer, request)
        return _leave(request, event_id)


class ConfirmWalkInView(_RsvpView):
    @swagger_auto_schema(**openapi.CONFIRM_WALK_IN)
    def post(self, request: Request, event_id: int) -> Response:
        """Confirm that I was admitted without a seat. Repeating it changes nothing.

        Before that, a walk-in by ID or name is a record for the organizer only. `/cancel/` denies
        it: the check-in is undone and the seats are given back.
        """
        read(NoFieldsSerializer, request)
        rsvp = confirm_walk_in(event_id=event_id, attendee=signed_in(request))
        selectors.add_positions([rsvp])
        return Response(rsvp_body(rsvp))


class SeriesRsvpView(_RsvpView):
    swagger_errors = {
        "POST": [SeriesCancelled, SeriesOver, TooManyUnverifiedSeats, OrganizerInactive, Busy]
    }

    @swagger_auto_schema(**openapi.SERIES_RSVPS)
    def post(self, request: Request, series_id: int) -> Response:
        """RSVP to every future date of a series. Each date is decided by its own seats.

        A date that refuses (`refused`, with `code` and `next_step` as for one event) changes
        nothing at the others. Dates that are added later are not included. 201: at least one RSVP
        is new.
        """
        outcomes = _save(
            request,
            services.leave_series,
            services.mark_interested_in_series,
            services.join_series,
            serializer=SeriesRsvpInputSerializer,
            series_id=series_id,
        )
        return _series_response(outcomes)


class SeriesLeaveView(_RsvpView):
    swagger_errors = {"POST": [NotAttendingOwnSeries, SeriesCancelled, SeriesOver, Busy]}

    @swagger_auto_schema(**openapi.SERIES_LEAVE)
    def post(self, request: Request, series_id: int) -> Response:
        """Cancel my RSVPs to all future dates of a series."""
        read(NoFieldsSerializer, request)
        outcomes = services.leave_series(series_id=series_id, attendee=signed_in(request))
        return _series_response(outcomes)


class MyRsvpListView(generics.ListAPIView[Rsvp]):
    queryset = Rsvp.objects.none()
    serializer_class = HeldRsvpSerializer
    filterset_class = RsvpFilter
    swagger_tag = "RSVP"

    @swagger_auto_schema(**openapi.MY_RSVPS)
    def get(self, request: Request) -> Response:
        """My RSVPs, latest event first; `when=upcoming`: next event first."""
        user = signed_in(request)
        params = validated(RsvpFilter(request.query_params, Rsvp.objects.none())).params
        query = selectors.own_rsvps(when=params["when"], status=params["status"])
        rows: Any = self.paginate_queryset(query.of(reader=user.pk))
        page = self.get_paginated_response(held_bodies(rows, user))
        return respond(request, page.data, lambda: page)


class RecommendedView(EventPages):
    filterset_class = None

    @swagger_auto_schema(**openapi.RECOMMENDED)
    def get(self, request: Request) -> Response:
        """At most 100 events that match my interests and earlier RSVPs, best first."""
        return self.list_events(Listing(recommend(signed_in(request))))


def _save(
    request: Request,
    leave: Callable[..., Any],
    mark_interested: Callable[..., Any],
    join: Callable[..., Any],
    *,
    serializer: type[SeriesRsvpInputSerializer],
    **target: Any,
) -> Any:
    """Call the service for the status in the body."""
    params = read(serializer, request)
    target["attendee"] = signed_in(request)
    status = params.pop("status")
    if status == Rsvp.Status.CANCELLED:
        return leave(**target)
    target["guests"] = params.pop("guests", None)
    if status == Rsvp.Status.INTERESTED:
        return mark_interested(**target)
    may_wait = params.pop("waitlist")
    return join(**target, may_wait=may_wait, address=client_bucket(request), **params)


def _join_event(
    *, tickets: Any = None, code: str | None = None, provider: str = "", **arguments: Any
) -> Any:
    quantities = tickets and [(item["ticket_type"], item["quantity"]) for item in tickets]
    request = services.TicketRequest(quantities, code, provider)
    return services.join_event(**arguments, tickets=request)


def _leave(request: Request, event_id: int) -> Response:
    rsvp = services.leave_event(event_id=event_id, attendee=signed_in(request))
    selectors.add_positions([rsvp])
    return Response(changed_body(rsvp))


def _series_response(outcomes: list[services.DateOutcome]) -> Response:
    dates = [outcome for outcome in outcomes if not outcome.refusal]
    selectors.add_positions([date.rsvp for date in dates])
    has_new = any(date.is_new and date.change and date.rsvp.is_confirmed for date in dates)
    return Response(
        SeriesRsvpsSerializer({"results": outcomes}).data,
        status=status.HTTP_201_CREATED if has_new else status.HTTP_200_OK,
    )
