"""The API as a client sees it: every call says which status it expects."""

from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.login import log_in
from accounts.services.sessions import Tokens
from tests.factories import PASSWORD


def access_token(user: User, *, password: str = PASSWORD) -> str:
    """Of a new session of somebody who has no second factor."""
    tokens = log_in(login=user.username, password=password)
    assert isinstance(tokens, Tokens)
    return tokens.access


class Api:
    """Calls the API as somebody, or as nobody; answers the JSON of the body, or a calendar file."""

    def __init__(
        self, user: User | None = None, /, *, password: str = PASSWORD, **headers: str
    ) -> None:
        self.client = APIClient(enforce_csrf_checks=False, **headers)
        if user is not None:
            access = access_token(user, password=password)
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    def get(self, path: str, expect: int = 200, **query: Any) -> Any:
        return self._call("get", path, query, expect)

    def post(self, path: str, body: Any = None, expect: int = 201) -> Any:
        return self._call("post", path, body if body is not None else {}, expect)

    def patch(self, path: str, body: Any, expect: int = 200) -> Any:
        return self._call("patch", path, body, expect)

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        return self._call("put", path, body, expect)

    def delete(self, path: str, expect: int = 204, body: Any = None) -> Any:
        return self._call("delete", path, body, expect)

    def _call(self, method: str, path: str, data: Any, expect: int) -> Any:
        response = getattr(self.client, method)(f"/api{path}", data)
        assert response.status_code == expect, (response.status_code, response.content)
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
        if response.headers.get("Content-Type", "").startswith("text/calendar"):
            return response.content
        return response.json() if response.content else None


def refusal(problem: dict[str, Any]) -> tuple[Any, ...]:
    """What a client acts on: the code, or each field with its code."""
    if "errors" in problem:
        assert problem["code"] == "validation_error"
        return tuple((error["field"], error["code"]) for error in problem["errors"])
    return (problem["code"], problem["next_step"]) if "next_step" in problem else (problem["code"],)
