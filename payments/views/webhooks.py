"""The endpoint to which providers send their webhooks."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from payments import openapi
from payments.exceptions import PaymentProviderUnavailable, UnknownProvider, WebhookInvalid
from payments.gateways import registry
from payments.gateways.base import BadSignature, ProviderError
from payments.services.webhooks import keep_event


class WebhookView(APIView):
    """Not throttled: a provider sends all its webhooks from few addresses."""

    authentication_classes = ()
    permission_classes = [AllowAny]
    throttle_classes = ()
    swagger_tag = "payments"
    swagger_errors = {"POST": [WebhookInvalid, UnknownProvider, PaymentProviderUnavailable]}

    @swagger_auto_schema(**openapi.WEBHOOK)
    def post(self, request: Request, provider: str) -> Response:
        """Take an event of a payment provider.

        The signature is checked on the raw body. A known event gets 200 and has no effect. An
        error of this server is a 5xx, so that the provider sends the event again.
        """
        body = request._request.body  # at most 1 MB, else 413
        try:
            event = registry.get(provider).read_event(body, request.headers)
        except BadSignature as error:
            raise WebhookInvalid from error
        except ProviderError as error:
            raise PaymentProviderUnavailable from error
        keep_event(provider=provider, event=event)
        return Response({})
