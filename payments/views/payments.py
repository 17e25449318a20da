"""Payments and refunds over HTTP."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.requests import read, validated
from core.errors import BadValue, Busy
from core.money import to_minor
from events.selectors import get_visible
from payments import openapi, permissions, selectors, serializers
from payments.exceptions import PaymentDisputed, PaymentsHidden, RefundTooLarge
from payments.filters import EventPaymentFilter
from payments.gateways import registry
from payments.models import Payment
from payments.payment_files import payment_file
from payments.services.refunds import request_refund


class PaymentListView(generics.GenericAPIView[Payment]):
    queryset = Payment.objects.none()
    serializer_class = serializers.PaymentSerializer
    swagger_tag = "payments"

    @swagger_auto_schema(**openapi.PAYMENTS)
    def get(self, request: Request) -> Response:
        """My payments, newest first."""
        page = self.paginate_queryset(selectors.payments_of(signed_in(request)))
        return self.get_paginated_response(serializers.PaymentSerializer(page, many=True).data)


class PaymentView(APIView):
    swagger_tag = "payments"

    @swagger_auto_schema(**openapi.PAYMENT_READ)
    def get(self, request: Request, payment_id: int) -> Response:
        """One payment, for its payer, the owner of the event, and admins."""
        payment = selectors.get_payment(payment_id=payment_id, user=signed_in(request))
        return Response(serializers.PaymentSerializer(payment).data)


class RefundView(APIView):
    swagger_tag = "payments"
    swagger_errors = {"POST": [PaymentsHidden, PaymentDisputed, RefundTooLarge]}

    @swagger_auto_schema(**openapi.REFUND)
    def post(self, request: Request, payment_id: int) -> Response:
        """Give money back, for the owner of the event and admins.

        The refund is sent to the provider after the response. One that fails is in `refunds`, and
        can be requested again.
        """
        user = signed_in(request)
        payment = selectors.get_payment(payment_id=payment_id, user=user)
        permissions.check_may_refund(user, payment)
        params = read(serializers.RefundInputSerializer, request)
        request_refund(
            payment=payment,
            amount=_minor(params.get("amount"), payment),
            reason=params.get("reason", ""),
            by=user,
        )
        payment = selectors.get_payment(payment_id=payment_id, user=user)
        body = serializers.PaymentSerializer(payment).data
        return Response(body, status=status.HTTP_202_ACCEPTED)


class EventPaymentListView(generics.GenericAPIView[Payment]):
    queryset = Payment.objects.none()
    serializer_class = serializers.PaymentSerializer
    swagger_tag = "payments"
    swagger_errors = {"GET": [PaymentsHidden, Busy]}

    @swagger_auto_schema(**openapi.EVENT_PAYMENTS)
    def get(self, request: Request, event_id: int) -> Any:
        """Payments of an event with totals by currency, for its owner and admins.

        `format=csv` returns the list as a file. A long list comes in parts: the `Link` header has
        the URL of the next one.
        """
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        permissions.check_may_see_all(user, event)
        params = validated(EventPaymentFilter(request.query_params, Payment.objects.none())).params
        if params["format"] == "csv":
            return payment_file(request, event, after=params["after"])
        page = self.paginate_queryset(selectors.payments_for(event))
        response = self.get_paginated_response(serializers.PaymentSerializer(page, many=True).data)
        response.data["totals"] = selectors.totals_of(Payment.objects.filter(event=event))
        return response


def _minor(amount: Any, payment: Payment) -> int | None:
    """Raises BadValue for amounts that the currency can't have, or the provider can't move."""
    if amount is None:
        return None
    try:
        minor = to_minor(amount, payment.currency)
        if payment.provider in registry.names():
            registry.get(payment.provider).check_amount(minor, payment.currency)
    except ValueError as error:
        raise BadValue("amount", "invalid", str(error)) from error
    return minor
