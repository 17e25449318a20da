"""Sends POSTs with a key."""

from collections.abc import Callable
from typing import Any

from tests.client import Api

Send = Callable[..., Any]


def sender(api: Api) -> Send:
    def send(body: Any, key: str = "k", path: str = "/events/", **options: Any) -> Any:
        headers = {"Idempotency-Key": key}
        return api.client.post(f"/api{path}", body, headers=headers, **options)

    return send


def replayed(response: Any) -> bool:
    return bool(response.headers.get("Idempotency-Replayed") == "true")
