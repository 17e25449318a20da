"""POSTs with an Idempotency-Key run once; repetitions get the stored response."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from core.api.idempotency import HEADER, honours_keys, read_key
from idempotency import services
from idempotency.fingerprints import fingerprint_of
from idempotency.models import StoredResponse
from idempotency.services import Claim

logger = structlog.get_logger(__name__)

_META = "HTTP_" + HEADER.upper().replace("-", "_")
_REPLAYED = "Idempotency-Replayed"
_HEADERS = ("Content-Type", "Location", "ETag", "Link", "Retry-After")


class IdempotencyMiddleware:
    """Let the views of requests with a key run once. Other requests pass as before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.method != "POST" or _META not in request.META:
            return None
        view_class = getattr(view, "cls", None)  # set by DRF
        if view_class is None or not honours_keys(view_class):
            return None
        response: HttpResponseBase = _running_once(view_class).as_view(**view.initkwargs)(
            request, *args, **kwargs
        )
        return response


@cache
def _running_once(view_class: type[APIView]) -> type[APIView]:
    return type(view_class.__name__, (_RunsOnce, view_class), {})


class _RunsOnce(APIView):
    """The first base of a view whose POST runs once for each key.

    DRF calls `post` after authentication, permissions and limits, so that a stored response is sent
    only to people who may still send the request.
    """

    running: "Renewal | None" = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        final = None
        try:
            response = super().dispatch(request, *args, **kwargs)
            if self.running and hasattr(response, "render"):
                response.render()
            final = response
        finally:
            if self.running:
                self.running.stop()
                _finish(self.running.claim, final)
        return response

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        user_id = request.user.pk
        if user_id is not None:
            outcome = services.claim_key(
                user_id=user_id,
                key=read_key(request.headers[HEADER]),
                fingerprint=fingerprint_of(request),
            )
            if isinstance(outcome, StoredResponse):
                return _again(outcome)
            self.running = Renewal(outcome)
            self.running.start()
        return super().post(request, *args, **kwargs)  # type: ignore[misc]


class Renewal(threading.Thread):
    """Renews a claim until `stop`, so that a slow request is never run a second time.

    It ends with the process, and then the claim lapses.
    """

    def __init__(self, claim: Claim) -> None:
        super().__init__(name="idempotency-renewal", daemon=True)
        self.claim = claim
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.wait(settings.IDEMPOTENCY_LEASE_S / 3):
            try:
                services.renew(self.claim)
            except DatabaseError as error:  # the next renewal is early enough
                logger.warning("idempotency_renewal_failed", error=str(error))
            finally:
                connections.close_all()


def _finish(claim: Claim, response: Any) -> None:
    """Store the response. After a failure or a refusal by a limit, free the key instead.

    If the database fails now, the effect is committed already: the client gets its response, and
    the claim lapses.
    """
    try:
        if response is None or response.streaming or _is_passing(response.status_code):
            services.release(claim)
            return
        headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
        is_stored = services.store(
            claim, status=response.status_code, headers=headers, body=response.content
        )
    except DatabaseError:
        logger.exception("idempotency_response_not_stored")
        return
    if not is_stored:
        logger.warning("idempotency_claim_lost", row_id=claim.row_id)


def _is_passing(status: int) -> bool:
    return status >= 500 or status == 429


def _again(stored: StoredResponse) -> HttpResponse:
    response = HttpResponse(bytes(stored.body), status=stored.status)
    del response.headers["Content-Type"]  # of Django; a 204 has none
    for name, value in {**stored.headers, _REPLAYED: "true"}.items():
        response.headers[name] = value
    return response
