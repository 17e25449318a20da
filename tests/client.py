"""Clients of the API and of pages; each call has the expected status."""

from contextlib import AbstractContextManager
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client, TestCase
from rest_framework.test import APIClient

from accounts.allauth.sessions import SessionStore
from accounts.models import User
from accounts.services.sessions import Tokens, open_session


def open_session_of(user: User) -> Tokens:
    """Open a session without a login, which takes several times as long.

    The rows are those of a login: Django's session, allauth's, and a known place. Tests of the
    login, of its second factor or of `last_login` log in with `tests.accounts.sign_in` instead.
    """
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    key = str(session.session_key)
    UserSession.objects.create(user=user, session_key=key, ip="0.0.0.0", user_agent="")  # noqa: S104
    return open_session(session_key=key)


def access_token(user: User) -> str:
    return open_session_of(user).access


def committed() -> AbstractContextManager[Any]:
    """Run the block's on_commit hooks after it, because a test's transaction never commits.

    The clients below do this for each request. Do not nest the two: hooks would run twice.
    """
    return TestCase.captureOnCommitCallbacks(execute=True)


class BrowserClient(Client):
    """Django's client, for the admin and other pages; each request runs its on_commit hooks."""

    def request(self, **request: Any) -> Any:
        with committed():
            return super().request(**request)


class ApiClient(BrowserClient, APIClient):
    pass


class Api:
    """Calls the API as a user, or without credentials.

    A call returns the JSON of the response's body, or the bytes of a calendar file.
    """

    def __init__(self, user: User | None = None, /, **headers: str) -> None:
        self.client = ApiClient(enforce_csrf_checks=False, **headers)
        if user is not None:
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token(user)}")

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
    """Return the code and next step of a problem, or each field with its code."""
    if "errors" in problem:
        assert problem["code"] == "validation_error"
        return tuple((error["field"], error["code"]) for error in problem["errors"])
    return (problem["code"], problem["next_step"]) if "next_step" in problem else (problem["code"],)
