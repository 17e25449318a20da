"""The line of a request in the log, and the fields of its other lines."""

import logging
from typing import Any

import pytest
import structlog
from celery.signals import before_task_publish
from django.test import Client
from django.urls import path
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from config.celery import app
from config.urls import urlpatterns as urls_of_the_product
from tests.client import Api

pytestmark = pytest.mark.django_db

Line = dict[str, Any]
logger = structlog.get_logger(__name__)


class LoggingView(APIView):
    def get(self, request: Request) -> Response:
        logger.warning("in_the_view")
        return Response({})


class CrashingView(APIView):
    def get(self, request: Request) -> Response:
        raise RuntimeError("no such luck")


class MissingView(APIView):
    def get(self, request: Request) -> Response:
        raise NotFound


class PublishingView(APIView):
    def get(self, request: Request) -> Response:
        headers: dict[str, Any] = {}
        before_task_publish.send("some.task", headers=headers, properties={}, routing_key="")
        return Response(headers)


urlpatterns = [
    *urls_of_the_product,
    path("api/logging/", LoggingView.as_view()),
    path("api/crashing/", CrashingView.as_view()),
    path("api/missing/", MissingView.as_view()),
    path("api/publishing/", PublishingView.as_view()),
]


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO)

    def lines() -> list[Line]:
        return [record.msg for record in caplog.records if isinstance(record.msg, dict)]

    return lines


def fields(line: Line, *names: str) -> tuple[Any, ...]:
    return tuple(line[name] for name in names)


def test_request_has_one_line(as_ada: Api, ada: User, lines: Any) -> None:
    response = as_ada.client.get("/api/users/profile/?apikey=secret", REMOTE_ADDR="203.0.113.7")
    [line] = lines()
    assert set(line) == {
        "event", "code", "request", "duration_ms", "request_id", "user_id", "ip",
        "logger", "level", "timestamp",
    }  # fmt: skip
    assert fields(line, "event", "code", "level", "user_id", "ip") == (
        "request_finished", 200, "info", ada.pk, "203.0.113.7",
    )  # fmt: skip
    assert line["request"] == "GET /api/users/profile/?apikey=…"
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["duration_ms"] > 0


def test_line_in_the_view_has_the_fields_of_the_request(as_ada: Api, ada: User, lines: Any) -> None:
    response = as_ada.client.get("/api/logging/", REMOTE_ADDR="203.0.113.7")
    first, _ = lines()
    assert fields(first, "event", "request_id", "user_id", "ip") == (
        "in_the_view", response.headers["X-Request-ID"], ada.pk, "203.0.113.7",
    )  # fmt: skip


def test_task_inherits_the_fields(as_ada: Api, ada: User) -> None:
    assert app.steps["worker"]  # the worker binds them again
    response = as_ada.client.get("/api/publishing/", REMOTE_ADDR="203.0.113.7")
    assert response.json()["__django_structlog__"] == {
        "request_id": response.headers["X-Request-ID"],
        "user_id": ada.pk,
        "ip": "203.0.113.7",
    }


def test_next_request_inherits_nothing(as_ada: Api, as_nobody: Api, lines: Any) -> None:
    as_ada.get("/users/profile/")
    as_nobody.get("/users/profile/", expect=401)
    first, second = lines()
    assert first["request_id"] != second["request_id"]
    assert second["user_id"] is None


@pytest.mark.parametrize(
    ("url", "code", "level"),
    [("/api/nowhere/", 404, "warning"), ("/api/missing/", 404, "warning")],
)
def test_refusal_is_a_warning(as_ada: Api, lines: Any, url: str, code: int, level: str) -> None:
    as_ada.client.get(url)
    [line] = lines()
    assert fields(line, "event", "code", "level") == ("request_finished", code, level)


def test_crash_is_logged_once_with_its_traceback(as_ada: Api, ada: User, lines: Any) -> None:
    as_ada.client.raise_request_exception = False
    response = as_ada.client.get("/api/crashing/")
    [line] = lines()
    assert response.status_code == 500
    assert fields(line, "event", "code", "level", "user_id", "request") == (
        "request_failed", 500, "error", ada.pk, "GET /api/crashing/",
    )  # fmt: skip
    assert line["exc_info"]


def test_page_that_asks_for_no_user_looks_none_up(
    alma: User, lines: Any, django_assert_num_queries: Any
) -> None:
    client = Client()
    client.force_login(alma)
    with django_assert_num_queries(0):
        client.get("/swagger/")
    assert lines()[-1]["user_id"] is None


def test_page_of_the_admin_names_the_user(alma: User, lines: Any) -> None:
    client = Client()
    client.force_login(alma)
    client.get("/admin/")
    assert lines()[-1]["user_id"] == alma.pk


@pytest.mark.parametrize("cookies", [{"sessionid": "unknown", "csrftoken": "x" * 32}])
def test_api_ignores_cookies(as_ada: Api, cookies: dict[str, str]) -> None:
    as_ada.client.cookies.load(cookies)
    response = as_ada.client.get("/api/users/profile/")
    assert response.status_code == 200
    assert response.headers["Vary"] == "origin"
    assert response.cookies == {}


def test_admin_session_is_no_login_to_the_api(alma: User) -> None:
    client = Client()
    client.force_login(alma)
    assert client.get("/api/users/profile/").status_code == 401
