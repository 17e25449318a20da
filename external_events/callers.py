"""The caller for whom a request uses a provider."""

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.authentication import signed_in
from core.ratelimit.throttles import client_bucket
from external_events.services.quotas import Caller


def caller_of(request: HttpRequest | Request) -> Caller:
    return Caller(user_id=signed_in(request).pk, address=client_bucket(request))
