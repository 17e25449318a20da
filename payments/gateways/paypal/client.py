"""PayPal's own library, with its errors as ours."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

from apimatic_core.authentication.multiple.single_auth import Single
from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
from apimatic_core.request_builder import RequestBuilder
from apimatic_core.response_handler import ResponseHandler
from apimatic_core.types.parameter import Parameter
from paypalserversdk.api_helper import APIHelper
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.http.http_method_enum import HttpMethodEnum
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient
from requests import RequestException

from payments.gateways.base import ProviderError, ProviderRefused

LIVE = "https://api-m.paypal.com"
_CAN_BE_MENDED = {401, 403, 408, 409, 429}  # keys, permissions, a call at this moment, rates


class Refused(ProviderRefused):
    def __init__(self, text: str, status: int, issue: str) -> None:
        super().__init__(text)
        self.status, self.issue = status, issue


class ForbiddenError(ProviderError):
    """The app at PayPal lacks a permission."""


class PayPalClient:
    def __init__(
        self, client_id: str, client_secret: str, *, base_url: str, timeout_s: float
    ) -> None:
        self._credentials = (client_id, client_secret)
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._library = self._connect()

    @property
    def orders(self) -> Any:
        return self._library.orders

    @property
    def payments(self) -> Any:
        return self._library.payments

    def _connect(self) -> PaypalServersdkClient:
        credentials = ClientCredentialsAuthCredentials(*self._credentials, o_auth_clock_skew=60)
        config = Configuration(
            timeout=self._timeout_s,
            environment=Environment.PRODUCTION,
            client_credentials_auth_credentials=credentials,
        )
        config.environments = {Environment.PRODUCTION: {Server.DEFAULT: self._base_url}}
        return PaypalServersdkClient(config=config)

    def call(
        self,
        method: HttpMethodEnum,
        path: str,
        body: str | None = None,
        query: tuple[str, str] | None = None,
    ) -> Any:
        """Call an endpoint that the library has no method for."""
        request = (
            RequestBuilder()
            .server(Server.DEFAULT)
            .path(path)
            .http_method(method)
            .header_param(Parameter().key("Content-Type").value("application/json"))
            .body_param(Parameter().value(body))
            .auth(Single("Oauth2"))
        )
        if query:
            request.query_param(Parameter().key(query[0]).value(query[1]))
        handler = ResponseHandler().deserializer(APIHelper.json_deserialize).is_api_response(True)
        with self.errors():
            builder = self._library.orders.new_api_call_builder
            return json.loads(builder.request(request).response(handler).execute().text)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise the library's errors as ours, without its texts, which can hold tokens."""
        try:
            yield
        except ApiException as error:
            status = error.response_code
            issues = [detail.issue for detail in getattr(error, "details", None) or ()]
            issue = issues[0] if issues else getattr(error, "name", None) or ""
            parts = ("PayPal:", status, issue, getattr(error, "debug_id", None))
            text = " ".join(str(part) for part in parts if part)
            if status == 401:
                self._library = self._connect()  # the library keeps a token that was withdrawn
            if status == 403:
                raise ForbiddenError(text) from None
            if status >= 500 or status in _CAN_BE_MENDED:
                raise ProviderError(text) from None
            raise Refused(text, status, issue) from None
        except AuthValidationException:
            raise ProviderError("PayPal: no access token") from None
        except (RequestException, JSONDecodeError) as error:
            raise ProviderError(f"PayPal: {type(error).__name__}") from None
