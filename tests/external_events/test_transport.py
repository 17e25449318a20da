"""Requests to providers, against all kinds of local servers."""

import gzip
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from core.circuit_breaker import PAUSE_S
from core.errors import ProviderUnavailable
from core.http_client import SecretParams
from external_events.providers import transport as module
from external_events.providers.transport import ProviderRefused, ProviderTransport
from tests.conftest import dead_redis
from tests.standins.wire import Sent, Wire, reply

pytestmark = pytest.mark.slow

KEY = "key-that-nobody-may-see"
QUOTA_BODY = {"fault": {"faultstring": f"Rate limit quota violation. Identifier : {KEY}"}}
HTML = b"<!DOCTYPE html><title>Are you a robot?</title>"
BOMB = gzip.compress(bytes(50_000_000))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BACKOFF_S", 0.01)
    monkeypatch.setattr(module, "_LEAST_S", 0.1)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire(reply({"ok": True})) as server:
        yield server


def ask(transport: ProviderTransport) -> Any:
    return transport.get_json(
        "/events.json", {"keyword": "jazz"}, secret=SecretParams({"apikey": KEY})
    )


def to(wire: Wire, *replies: bytes | Sent, **options: Any) -> ProviderTransport:
    if replies:
        wire.replies = [sent if isinstance(sent, Sent) else Sent(sent) for sent in replies]
    defaults: dict[str, Any] = {"provider": "provider", "deadline_s": 5.0}
    return ProviderTransport(base_url=wire.url, **(defaults | options))


def refusal(transport: ProviderTransport) -> ProviderUnavailable:
    with pytest.raises(ProviderUnavailable) as caught:
        ask(transport)
    return caught.value


def events(log: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.msg["event"]) for record in log.records if isinstance(record.msg, dict)]


class TestResponses:
    @pytest.mark.parametrize("body", [{"page": {"totalElements": 0}}, [], None, 1.5])
    def test_200_returns_its_json(self, wire: Wire, body: Any) -> None:
        assert ask(to(wire, reply(body))) == body

    def test_query_has_the_parameters_and_the_key(self, wire: Wire) -> None:
        ask(to(wire))
        assert wire.calls[0].path == f"/events.json?keyword=jazz&apikey={KEY}"

    def test_compressed_response_is_decoded(self, wire: Wire) -> None:
        packed = reply(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")
        assert ask(to(wire, packed)) == {"a": 1}

    def test_connection_is_kept(self, wire: Wire) -> None:
        transport = to(wire)
        for _ in range(3):
            ask(transport)
        assert (len(wire.calls), wire.connections) == (3, 1)

    @pytest.mark.parametrize("status", [400, 404, 406, 410])
    def test_other_errors_have_status_and_body(self, wire: Wire, status: int) -> None:
        body = {"errors": [{"code": "DIS1004"}]}
        with pytest.raises(ProviderRefused) as caught:
            ask(to(wire, reply(body, status=status)))
        assert (caught.value.status, caught.value.body) == (status, body)
        assert len(wire.calls) == 1

    def test_empty_refusal_has_no_body(self, wire: Wire) -> None:
        with pytest.raises(ProviderRefused) as caught:
            ask(to(wire, reply(b"", status=404)))
        assert caught.value.body is None

    def test_refusal_does_not_repeat_the_key(self, wire: Wire) -> None:
        with pytest.raises(ProviderRefused) as caught:
            ask(to(wire, reply({"request": f"/events?apikey={KEY}"}, status=400)))
        assert caught.value.body == {"request": "/events?apikey=…"}


FAULTS: dict[str, tuple[bytes | Sent, int]] = {
    "500": (reply(b"", status=500), 3),
    "502": (reply(HTML, status=502), 3),
    "503": (reply(b"", status=503), 3),
    "504": (reply(b"", status=504), 3),
    "cut": (Sent(reply(b'{"a":', length=9), hangs_up=True), 3),
    "no-http": (Sent(b"SSH-2.0\r\n\r\n", hangs_up=True), 3),
    "broken-gzip": (reply(b"not packed", Content_Encoding="gzip"), 3),
    "501": (reply(b"", status=501), 1),
    "204": (reply(b"", status=204), 1),
    "html": (reply(HTML), 1),
    "html-404": (reply(HTML, status=404), 1),
    "captcha": (reply(HTML, status=406), 1),
    "broken-json": (reply(b'{"a": [1, 2'), 1),
    "no-utf8": (reply(b'"\xff"'), 1),
    "empty": (reply(b""), 1),
    "deep": (reply(b"[" * 100_000 + b"]" * 100_000), 1),
    "large": (reply(b'"' + b"x" * 10_000_000 + b'"'), 1),
    "bomb": (reply(BOMB, Content_Encoding="gzip"), 1),
}


class TestFaults:
    @pytest.mark.parametrize(("fault", "attempts"), FAULTS.values(), ids=FAULTS)
    def test_provider_is_unavailable_after_the_last_attempt(
        self, wire: Wire, fault: bytes | Sent, attempts: int
    ) -> None:
        assert refusal(to(wire, fault)).retry_after_s == 5
        assert len(wire.calls) == attempts

    def test_connection_is_refused(self, nowhere: str) -> None:
        transport = ProviderTransport(provider="provider", base_url=f"http://{nowhere}")
        assert refusal(transport).retry_after_s == 5

    def test_redirect_is_not_followed(self, wire: Wire) -> None:
        with Wire(reply({})) as inside:
            refusal(to(wire, reply(status=302, Location=f"{inside.url}/secrets")))
            assert (len(wire.calls), inside.calls) == (1, [])

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param(Sent(reply({"a": 1}), byte_s=0.1), id="headers"),
            pytest.param(Sent(reply(b'{"a": ' + b" " * 1000), byte_s=0.005), id="body"),
        ],
    )
    def test_slow_response_ends_at_the_deadline(self, wire: Wire, sent: Sent) -> None:
        began_at = time.monotonic()
        refusal(to(wire, sent, deadline_s=0.5))
        assert time.monotonic() - began_at < 1.5

    def test_deadline_of_one_call_may_be_earlier(self, wire: Wire) -> None:
        transport = to(wire, Sent(reply({"a": 1}), byte_s=0.1))
        began_at = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            transport.get_json(
                "/events.json", {}, secret=SecretParams({"apikey": KEY}), deadline_s=0.5
            )
        assert time.monotonic() - began_at < 1.5

    @pytest.mark.parametrize("left_s", [0.0, -3.0], ids=["none", "less"])
    def test_call_without_time_left_is_not_sent(self, wire: Wire, left_s: float) -> None:
        with pytest.raises(ProviderUnavailable):
            to(wire).get_json(
                "/events.json", {}, secret=SecretParams({"apikey": KEY}), deadline_s=left_s
            )
        assert wire.calls == []

    def test_hanging_request_ends_at_the_deadline(
        self, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.http_client.READ_S", 0.3)
        wire.is_hanging = True
        began_at = time.monotonic()
        refusal(to(wire, deadline_s=0.8))
        assert time.monotonic() - began_at < 1.8
        assert 2 <= len(wire.calls) <= 3

    def test_all_attempts_end_within_the_promised_time(self) -> None:
        assert module.DEADLINE_S <= 12


class TestRetries:
    @pytest.mark.parametrize("fault", ["500", "503", "cut"])
    def test_temporary_fault_is_hidden(self, wire: Wire, fault: str) -> None:
        assert ask(to(wire, FAULTS[fault][0], reply({"ok": True}))) == {"ok": True}
        assert len(wire.calls) == 2

    def test_attempts_have_pauses(self, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_BACKOFF_S", 0.2)
        refusal(to(wire, FAULTS["500"][0]))
        first, second, third = wire.called_at
        assert (second - first >= 0.1, third - second >= 0.2) == (True, True)

    def test_no_attempt_begins_too_late(self, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_BACKOFF_S", 2.0)
        refusal(to(wire, FAULTS["500"][0], deadline_s=0.6))
        assert len(wire.calls) == 1


def in_s(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def epoch_ms(seconds: float) -> str:
    return str(int((time.time() + seconds) * 1000))


class TestPauses:
    def test_short_pause_is_waited_for(self, wire: Wire) -> None:
        transport = to(wire, reply(QUOTA_BODY, status=429, Retry_After="1"), reply({"ok": True}))
        assert ask(transport) == {"ok": True}
        first, second = wire.called_at
        assert second - first >= 1

    def test_spike_without_a_time_is_waited_for(
        self, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(module._PAUSES_S, 429, 0.3)
        transport = to(wire, reply(QUOTA_BODY, status=429), reply({"ok": True}))
        assert ask(transport) == {"ok": True}
        first, second = wire.called_at
        assert second - first >= 0.3

    @pytest.mark.parametrize(
        ("headers", "retry_after"),
        [
            ({"Retry_After": "20"}, {20}),
            ({"Retry_After": "3600"}, {50}),
            ({"Retry_After": "9" * 5000}, {30}),
            ({"Retry_After": "soon"}, {30}),
            ({"Retry_After": "-5"}, {30}),
            ({"Retry_After": lambda: in_s(20)}, {19, 20}),
            ({"Retry_After": lambda: in_s(-20)}, {1}),
            ({"Retry_After": "Fri, 31 Dec 9999 23:59:59 -9999"}, {30, 50}),
            ({"Rate_Limit_Reset": lambda: epoch_ms(20)}, {20}),
            ({"Rate_Limit_Reset": lambda: epoch_ms(40_000)}, {50}),
            ({"Rate_Limit_Reset": "midnight"}, {30}),
            ({}, {30}),
        ],
    )
    def test_lasts_as_long_as_the_provider_says_but_not_longer_than_the_maximum(
        self,
        wire: Wire,
        monkeypatch: pytest.MonkeyPatch,
        headers: dict[str, str | Callable[[], str]],
        retry_after: set[int],
    ) -> None:
        monkeypatch.setitem(module._PAUSES_S, 429, 30.0)
        monkeypatch.setattr(module, "ATTEMPTS", 1)
        values = {name: text if isinstance(text, str) else text() for name, text in headers.items()}
        transport = to(wire, reply(QUOTA_BODY, status=429, length=None, **values))
        assert refusal(transport).retry_after_s in retry_after

    def test_long_pause_is_not_waited_for(self, wire: Wire) -> None:
        began_at = time.monotonic()
        refusal(to(wire, reply(QUOTA_BODY, status=429, Retry_After="20")))
        assert time.monotonic() - began_at < 1
        assert len(wire.calls) == 1

    @pytest.mark.parametrize("status", [401, 403])
    def test_refused_key_is_not_retried(self, wire: Wire, status: int) -> None:
        error = refusal(to(wire, reply(QUOTA_BODY, status=status)))
        assert (str(error), error.retry_after_s) == (
            "The provider rejected the API key of this server. Try again later.",
            30,
        )
        assert len(wire.calls) == 1

    def test_holds_for_other_processes(self, wire: Wire) -> None:
        refusal(to(wire, reply(QUOTA_BODY, status=401)))
        assert refusal(to(wire)).retry_after_s == 30
        assert len(wire.calls) == 1

    def test_holds_for_no_other_provider(self, wire: Wire) -> None:
        refusal(to(wire, reply(QUOTA_BODY, status=401)))
        assert ask(to(wire, reply({}), provider="other")) == {}

    def test_holds_here_without_a_cache(self, wire: Wire, nowhere: str) -> None:
        with override_settings(CACHES=dead_redis(nowhere)):
            transport = to(wire, reply(QUOTA_BODY, status=401))
            refusal(transport)
            assert refusal(transport).retry_after_s == 30
        assert len(wire.calls) == 1

    def test_pause_ends(self, wire: Wire) -> None:
        refusal(to(wire, reply(QUOTA_BODY, status=401, Retry_After="1")))
        time.sleep(1)
        assert ask(to(wire, reply({}))) == {}

    def test_pause_is_short_enough_to_notice_a_recovery(self) -> None:
        assert module.LONGEST_PAUSE_S + PAUSE_S < 60


class TestOutages:
    def test_next_request_is_refused_at_once(self, wire: Wire) -> None:
        transport = to(wire, FAULTS["500"][0])
        refusal(transport)
        assert refusal(transport).retry_after_s == 5
        assert len(wire.calls) == 3

    def test_one_request_is_sent_after_a_while(
        self, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.circuit_breaker.PAUSE_S", 0.2)
        transport = to(wire, FAULTS["html"][0], reply({"ok": True}))
        refusal(transport)
        time.sleep(0.25)
        assert [ask(transport) for _ in range(2)] == [{"ok": True}] * 2

    def test_refused_request_is_no_outage(self, wire: Wire) -> None:
        transport = to(wire, reply({}, status=404))
        for _ in range(2):
            with pytest.raises(ProviderRefused):
                ask(transport)
        assert len(wire.calls) == 2

    def test_own_quota_is_no_outage(self, wire: Wire) -> None:
        transport = to(wire, daily_quota=1)
        ask(transport)
        refusal(transport)
        assert transport._breaker.lets_through()

    def test_is_logged_once(
        self, wire: Wire, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.circuit_breaker.PAUSE_S", 0.0)
        transport = to(wire, FAULTS["html"][0])
        for _ in range(3):
            refusal(transport)
        assert events(caplog).count("provider_away") == 1


class TestPace:
    def test_holds_for_all(self, wire: Wire) -> None:
        transports = [to(wire, pace_s=0.1) for _ in range(2)]
        with ThreadPoolExecutor(10) as threads:
            list(threads.map(ask, transports * 5))
        times = sorted(wire.called_at)
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert len(times) == 10
        # The gap can shrink on the way.
        assert (min(gaps) > 0.05, sum(gaps) >= 0.85) == (True, True)

    @pytest.mark.real
    def test_holds_for_all_processes(self, wire: Wire) -> None:
        code = (
            "import django; django.setup()\n"
            "from core.http_client import SecretParams\n"
            "from external_events.providers.transport import ProviderTransport\n"
            f"transport = ProviderTransport(provider='paced', base_url={wire.url!r}, pace_s=0.1)\n"
            "for _ in range(8): transport.get_json('/', {}, secret=SecretParams({}))"
        )
        env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
        command = [sys.executable, "-c", code]
        processes = [subprocess.Popen(command, cwd=settings.BASE_DIR, env=env) for _ in range(2)]
        assert [process.wait(60) for process in processes] == [0, 0]
        assert len(wire.calls) == 16
        # The total, because single gaps vary with the load; separately paced they need 0.7 s.
        assert max(wire.called_at) - min(wire.called_at) > 1.2

    def test_call_that_would_wait_too_long_is_refused(self, wire: Wire) -> None:
        transport = to(wire, pace_s=30.0, deadline_s=1.0)
        ask(transport)
        began_at = time.monotonic()
        assert refusal(transport).retry_after_s == 30
        assert time.monotonic() - began_at < 0.5
        assert len(wire.calls) == 1

    def test_every_attempt_counts(self, wire: Wire) -> None:
        refusal(to(wire, FAULTS["500"][0], pace_s=0.3))
        first, second, third = wire.called_at
        assert (second - first > 0.25, third - second > 0.25) == (True, True)


class TestDailyQuota:
    def test_daily_quota_is_not_exceeded(self, wire: Wire) -> None:
        transport = to(wire, daily_quota=2)
        for _ in range(2):
            ask(transport)
        error = refusal(transport)
        assert str(error) == "The daily quota of this provider is used up."
        assert 86_390 <= error.retry_after_s <= 86_400
        assert len(wire.calls) == 2

    def test_waiting_uses_up_no_quota(self, wire: Wire) -> None:
        transport = to(wire, pace_s=0.2, daily_quota=3)
        with ThreadPoolExecutor(3) as threads:
            responses = list(threads.map(lambda _: ask(transport), range(3)))
        assert responses == [{"ok": True}] * 3
        refusal(transport)


def report_of(error: BaseException) -> str:
    """Return all that an error report could show: texts, and the locals of each frame."""
    texts = []
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen), repr(vars(seen))]
        trace = seen.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                texts += [repr(value) for value in trace.tb_frame.f_locals.values()]
            trace = trace.tb_next
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


class TestSecrecy:
    @pytest.mark.parametrize(
        "fault",
        [
            *(fault for fault, _ in FAULTS.values()),
            reply(QUOTA_BODY, status=429, Retry_After="20", X_Key=KEY),
            reply(QUOTA_BODY, status=401),
            reply(QUOTA_BODY, status=403),
            reply(QUOTA_BODY, status=400),
            reply(QUOTA_BODY, status=302, Location=f"/?apikey={KEY}"),
            reply(KEY.encode()),
        ],
        ids=[*FAULTS, "429", "401", "403", "400", "302", "text"],
    )
    def test_key_is_in_no_error_and_no_log(
        self, wire: Wire, fault: bytes | Sent, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises((ProviderUnavailable, ProviderRefused)) as caught:
            ask(to(wire, fault))
        assert f"apikey={KEY}" in wire.calls[0].path
        assert KEY not in report_of(caught.value)
        assert KEY not in caplog.text

    def test_key_is_in_no_error_of_an_unreachable_host(
        self, nowhere: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        error = refusal(ProviderTransport(provider="provider", base_url=f"http://{nowhere}"))
        assert KEY not in report_of(error)
        assert KEY not in caplog.text

    def test_key_is_in_no_error_by_our_own_quota(self, wire: Wire) -> None:
        transport = to(wire, daily_quota=1)
        ask(transport)
        assert KEY not in report_of(refusal(transport))

    def test_key_is_in_no_error_of_a_breaker(self, wire: Wire) -> None:
        transport = to(wire, FAULTS["html"][0])
        refusal(transport)
        assert KEY not in report_of(refusal(transport))

    def test_broken_headers_are_not_logged_with_the_key(
        self, wire: Wire, caplog: pytest.LogCaptureFixture
    ) -> None:
        """urllib3 logs a warning with the URL."""
        caplog.set_level(logging.DEBUG)
        broken = b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 2\r\n\r\n{}"
        ask(to(wire, Sent(broken, hangs_up=True)))
        assert KEY not in caplog.text
