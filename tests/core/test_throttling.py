"""Request rates of a client, and the address that identifies it."""

from io import BytesIO

import pytest
from django.test import RequestFactory, override_settings
from pytest_django.fixtures import Settings
from rest_framework.settings import api_settings

from accounts.models import User
from core.api.json import JSONRenderer
from core.ratelimit.throttles import client_bucket, client_ip
from rsvp.views.rsvps import RsvpView
from tests.accounts.login import bearer, sign_in
from tests.client import Api, refusal
from tests.conftest import dead_redis

pytestmark = pytest.mark.both


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("login", "/login/"),
        ("register", "/register/"),
        ("refresh", "/token/refresh/"),
        ("anon", "/login/"),
    ],
)
def test_client_without_a_token_is_limited(
    as_nobody: Api, rates: dict[str, str | None], scope: str, path: str
) -> None:
    rates[scope] = "2/hour"
    for _ in range(2):
        as_nobody.post(path, expect=400)
    response = as_nobody.client.post(f"/api{path}", {})
    assert response.status_code == 429
    assert refusal(response.json()) == ("throttled",)
    assert 3595 < int(response.headers["Retry-After"]) <= 3600


def test_rsvps_have_their_own_rate(as_ada: Api, rates: dict[str, str | None]) -> None:
    rates["rsvp"] = "1/hour"
    as_ada.post("/events/1/rsvp/", {"status": "going"}, expect=404)
    as_ada.post("/events/1/cancel/", expect=429)
    as_ada.get("/events/1/rsvp/", expect=404)


def test_view_may_count_its_reads(
    as_ada: Api, rates: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RsvpView, "throttle_safe_methods", True, raising=False)
    rates["rsvp"] = "1/hour"
    as_ada.get("/events/1/rsvp/", expect=404)
    as_ada.get("/events/1/rsvp/", expect=429)


def test_users_have_separate_buckets(
    as_ada: Api, as_sam: Api, rates: dict[str, str | None]
) -> None:
    rates["user"] = "1/hour"
    as_ada.get("/events/")
    as_ada.get("/events/", expect=429)
    as_sam.get("/events/")


def test_open_views_count_by_address(
    as_ada: Api, as_sam: Api, rates: dict[str, str | None]
) -> None:
    rates["anon"] = "1/hour"
    as_ada.post("/login/", expect=400)
    as_sam.post("/login/", expect=429)


def test_limits_may_be_switched_off(ada: User) -> None:
    assert set(api_settings.DEFAULT_THROTTLE_RATES.values()) == {None}


def test_limits_work_without_redis(as_ada: Api, rates: dict[str, str | None], nowhere: str) -> None:
    rates["user"] = "2/hour"
    with override_settings(CACHES=dead_redis(nowhere)):
        for status in (200, 200, 429, 429):
            as_ada.get("/events/", expect=status)


class TestHeaders:
    """Quota and remaining requests, by draft-ietf-httpapi-ratelimit-headers."""

    POLICY = '"login";q=2;w=3600, "anon";q=9;w=60'

    @pytest.fixture(autouse=True)
    def _rates(self, rates: dict[str, str | None]) -> None:
        rates |= {"login": "2/hour", "anon": "9/min"}

    def login(self, api: Api, status: int) -> tuple[str, str]:
        response = api.client.post("/api/login/", {})
        assert response.status_code == status
        return response.headers["RateLimit-Policy"], response.headers["RateLimit"]

    def test_responses_have_the_remaining_requests(self, as_nobody: Api) -> None:
        assert self.login(as_nobody, 400) == (
            self.POLICY,
            '"login";r=1;t=3600, "anon";r=8;t=60',
        )
        for status in (400, 429, 429):
            policy, left = self.login(as_nobody, status)
            assert policy == self.POLICY
            # Refused requests are counted by no limit, so seven strangers' requests are left.
            assert left.replace("t=3599", "t=3600").replace("t=59", "t=60") == (
                '"login";r=0;t=3600, "anon";r=7;t=60'
            )

    def test_successful_responses_have_the_headers(
        self, as_ada: Api, rates: dict[str, str | None]
    ) -> None:
        rates["user"] = "5/s"
        response = as_ada.client.get("/api/events/")
        assert response.status_code == 200
        assert response.headers["RateLimit-Policy"] == '"user";q=5;w=1'
        assert response.headers["RateLimit"] == '"user";r=4;t=1'

    def test_wait_is_the_same_in_both_headers(
        self, as_nobody: Api, rates: dict[str, str | None]
    ) -> None:
        rates |= {"login": None, "anon": "1/day"}
        as_nobody.post("/login/", expect=400)
        headers = as_nobody.client.post("/api/login/", {}).headers
        assert headers["RateLimit"] == f'"anon";r=0;t={headers["Retry-After"]}'

    def test_crash_outside_the_view_has_the_headers(
        self, as_nobody: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def crash(*_: object, **__: object) -> bytes:
            raise RuntimeError("no such luck")

        monkeypatch.setattr(JSONRenderer, "render", crash)
        as_nobody.client.raise_request_exception = False
        assert self.login(as_nobody, 500) == (
            self.POLICY,
            '"login";r=1;t=3600, "anon";r=8;t=60',
        )

    def test_unlimited_responses_lack_the_headers(
        self, as_nobody: Api, rates: dict[str, str | None]
    ) -> None:
        rates |= {"login": None, "anon": None}
        for response in (
            as_nobody.client.post("/api/login/", {}),
            as_nobody.client.get("/health/live/"),
        ):
            assert "RateLimit" not in response.headers
            assert "RateLimit-Policy" not in response.headers

    def test_cors_exposes_the_headers(self, as_nobody: Api, settings: Settings) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
        origin = {"origin": "https://app.example.com"}
        response = as_nobody.client.post("/api/login/", {}, headers=origin)
        assert response.headers["Access-Control-Expose-Headers"] == (
            "Deprecation, ETag, Idempotency-Replayed, X-Request-ID, Retry-After, RateLimit, "
            "RateLimit-Policy, Sunset"
        )

    def test_cors_lets_browsers_send_entity_tags(self, as_nobody: Api, settings: Settings) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
        headers = {
            "origin": "https://app.example.com",
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization, idempotency-key, if-none-match",
        }
        response = as_nobody.client.options("/api/events/", headers=headers)
        allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"authorization", "idempotency-key", "if-none-match"} <= set(allowed)


PROXY, CLIENT, FORGED = "10.0.0.9", "203.0.113.7", "198.51.100.1"


class TestAddress:
    """A request's client address ignores headers that the client could forge."""

    def ip(self, remote: str = PROXY, forwarded: str | None = None) -> str:
        headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
        return client_ip(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "expected"),
        [
            (0, None, PROXY),
            (0, FORGED, PROXY),
            (0, f"{FORGED}, {CLIENT}", PROXY),
            (1, None, PROXY),
            (1, CLIENT, CLIENT),
            (1, f"{FORGED}, {CLIENT}", CLIENT),
            (1, f"{FORGED},{FORGED}, {CLIENT} ", CLIENT),
            (2, None, PROXY),
            (2, CLIENT, CLIENT),  # bypassed the outer proxy: only the leftmost exists
            (2, f"{CLIENT}, 10.0.0.8", CLIENT),
            (2, f"{FORGED}, {CLIENT}, 10.0.0.8", CLIENT),
        ],
    )
    def test_only_trusted_proxies_set_the_address(
        self, settings: Settings, proxies: int, forwarded: str | None, expected: str
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        assert self.ip(forwarded=forwarded) == expected

    @pytest.mark.parametrize(
        ("forwarded", "expected"),
        [
            ("203.0.113.7:4711", CLIENT),
            ("::ffff:203.0.113.7", CLIENT),
            ("[::ffff:203.0.113.7]:4711", CLIENT),
            ("2001:DB8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("unknown", PROXY),
            ("203.0.113.7:http", PROXY),
            ("203.0.113.777", PROXY),
            ("<script>", PROXY),
            ("", PROXY),
        ],
    )
    def test_address_may_have_several_forms(
        self, settings: Settings, forwarded: str, expected: str
    ) -> None:
        settings.TRUSTED_PROXIES = 1
        assert self.ip(forwarded=forwarded) == expected

    def test_unix_socket_has_an_address(self, settings: Settings) -> None:
        assert self.ip(remote="") == "0.0.0.0"  # noqa: S104  (a placeholder; nothing listens there)
        settings.TRUSTED_PROXIES = 1
        assert self.ip(remote="", forwarded=CLIENT) == CLIENT

    def test_ipv6_network_is_one_bucket(self) -> None:
        def bucket(address: str) -> str:
            return client_bucket(RequestFactory().get("/", REMOTE_ADDR=address))

        assert bucket("2001:db8:0:1::1") == bucket("2001:db8:0:1:ffff::2") == "2001:db8:0:1::/64"
        assert bucket("2001:db8:0:2::1") == "2001:db8:0:2::/64"
        assert bucket("::ffff:203.0.113.7") == bucket(CLIENT) == CLIENT

    @pytest.mark.django_db
    @pytest.mark.parametrize("proxies", [0, 1, 2])
    def test_forged_header_does_not_change_the_bucket(
        self, settings: Settings, rates: dict[str, str | None], proxies: int
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        rates["login"] = "1/hour"
        ours = ["", f", {CLIENT}", f", {CLIENT}, 10.0.0.8"][proxies]
        Api(HTTP_X_FORWARDED_FOR=f"1.1.1.1{ours}").post("/login/", expect=400)
        Api(HTTP_X_FORWARDED_FOR=f"2.2.2.2, 3.3.3.3{ours}").post("/login/", expect=429)


def test_requests_with_invalid_tokens_count_as_anonymous(
    rates: dict[str, str | None], db: None
) -> None:
    rates["anon"] = "2/hour"
    api = Api(HTTP_AUTHORIZATION="Bearer nonsense")
    for _ in range(2):
        api.get("/events/", expect=401)
    assert refusal(api.get("/events/", expect=429)) == ("throttled",)


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/analytics/overview/"), ("post", "/events/")]
)
def test_requests_without_permission_are_not_counted(
    as_ada: Api, rates: dict[str, str | None], method: str, path: str
) -> None:
    as_ada.get("/users/profile/")  # the process knows her from now on
    rates |= {"user": "1/hour", "analytics": "1/hour"}
    for _ in range(3):
        getattr(as_ada, method)(path, expect=403)
    as_ada.get("/users/profile/")
    as_ada.get("/users/profile/", expect=429)


def test_token_of_an_ended_session_counts_as_anonymous(
    ada: User, rates: dict[str, str | None]
) -> None:
    ended, other = bearer(sign_in()["access"]), bearer(sign_in()["access"])
    ended.get("/users/profile/")
    ended.post("/logout/", expect=204)
    rates |= {"user": "1/hour", "anon": "1/hour"}
    for status in (401, 429):
        response = ended.client.get("/api/users/profile/")
        assert response.status_code == status
        assert response.headers["RateLimit-Policy"] == '"anon";q=1;w=3600'
    other.get("/users/profile/")


def test_uploads_have_their_own_rate(as_ada: Api, rates: dict[str, str | None]) -> None:
    rates["upload"] = "1/hour"

    def send(**form: object) -> int:
        return as_ada.client.patch("/api/users/profile/", form, format="multipart").status_code

    assert [send(bio=BytesIO(b"x")), send(bio=BytesIO(b"x"))] == [400, 429]
    assert send(bio="x") == 200
