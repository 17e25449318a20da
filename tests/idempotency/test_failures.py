"""Requests with a key that still run, or that fail: when the key is free again."""

from threading import Event as Flag
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from core.errors import TooManyTries
from events.models import Event
from idempotency import services
from idempotency.middleware import Renewal
from idempotency.models import StoredResponse
from idempotency.services import Claim, claim_key, release, store
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import event_body
from tests.idempotency.sending import Send, replayed, sender

pytestmark = [pytest.mark.both, pytest.mark.django_db]


class TestRunning:
    @pytest.fixture
    def running(self, send: Send) -> StoredResponse:
        """Return the claim of a request that has not ended; its body is `event_body()`."""
        send(self.BODY)
        Event.objects.all().delete()
        StoredResponse.objects.update(status=None, headers={}, body=b"")
        return StoredResponse.objects.get()

    BODY = event_body()

    @pytest.mark.usefixtures("running")
    def test_running_request_is_409(self, send: Send) -> None:
        response = send(self.BODY)
        assert (response.status_code, response.json()["code"]) == (409, "request_in_progress")
        assert response.headers["Retry-After"] == "1"
        assert not Event.objects.exists()

    def test_lapsed_claim_is_taken_over(self, send: Send, running: StoredResponse) -> None:
        StoredResponse.objects.update(claimed_until=timezone.now())
        response = send(self.BODY)
        assert (response.status_code, replayed(response)) == (201, False)
        assert replayed(send(self.BODY))
        former = Claim(running.pk, running.claim)
        assert not store(former, status=200, headers={}, body=b"late")
        release(former)
        assert replayed(send(self.BODY))
        assert Event.objects.count() == 1

    @pytest.mark.usefixtures("running")
    def test_lapsed_claim_of_another_request_is_422(self, send: Send) -> None:
        StoredResponse.objects.update(claimed_until=timezone.now())
        assert send(event_body(title="Other")).status_code == 422

    def test_renewed_claim_holds(self, send: Send, running: StoredResponse) -> None:
        StoredResponse.objects.update(claimed_until=timezone.now())
        services.renew(Claim(running.pk, running.claim))
        assert send(self.BODY).status_code == 409

    def test_lease_is_a_setting(self, olive: User, settings: Settings) -> None:
        settings.IDEMPOTENCY_LEASE_S = 0
        for _ in range(2):
            outcome = claim_key(user_id=olive.pk, key="k", fingerprint="f")
            assert isinstance(outcome, Claim)


class TestFailures:
    def test_crash_frees_the_key(
        self, send: Send, as_olive: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        as_olive.client.raise_request_exception = False
        body = event_body()
        with monkeypatch.context() as patch:
            patch.setattr("events.series.scopes.create", _crash)
            assert send(body).status_code == 500
        assert not StoredResponse.objects.exists()
        assert (send(body).status_code, Event.objects.count()) == (201, 1)

    def test_crash_of_rendering_frees_the_key(
        self, send: Send, monkeypatch: pytest.MonkeyPatch, as_olive: Api
    ) -> None:
        as_olive.client.raise_request_exception = False
        monkeypatch.setattr("core.api.json.JSONRenderer.render", _crash)
        assert send(event_body()).status_code == 500
        assert not StoredResponse.objects.exists()

    def test_limits_come_first_and_are_not_stored(
        self, as_ada: Api, event: Event, rates: dict[str, str | None]
    ) -> None:
        send = sender(as_ada)
        path = f"/events/{event.pk}/rsvp/"
        rates["rsvp"] = "1/hour"
        statuses = [send({"status": "going"}, path=path).status_code for _ in range(2)]
        assert statuses == [201, 429]
        rates["rsvp"] = None
        assert replayed(send({"status": "going"}, path=path))

    def test_429_of_a_view_frees_the_key(self, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_: Any) -> None:
            raise TooManyTries(retry_after_s=9)

        monkeypatch.setattr("events.series.scopes.create", refuse)
        assert send(event_body()).status_code == 429
        assert not StoredResponse.objects.exists()

    def test_response_is_sent_when_it_can_not_be_stored(
        self, send: Send, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise OperationalError

        monkeypatch.setattr("idempotency.services.store", fail)
        body = event_body()
        assert (send(body).status_code, send(body).status_code) == (201, 409)


def test_rsvp_after_a_crash_before_storing_has_one_effect(as_ada: Api, event: Event) -> None:
    send = sender(as_ada)
    path = f"/events/{event.pk}/rsvp/"
    send({"status": "going"}, path=path)
    StoredResponse.objects.update(status=None, claimed_until=timezone.now())
    assert send({"status": "going"}, path=path).status_code == 200
    assert Rsvp.objects.count() == 1


def test_failed_renewal_is_repeated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.IDEMPOTENCY_LEASE_S = 0.03
    calls, renewed = [], Flag()

    def renew(claim: Claim) -> None:
        calls.append(claim)
        if len(calls) == 1:
            raise OperationalError
        renewed.set()

    monkeypatch.setattr(services, "renew", renew)
    renewal = Renewal(Claim(1, "name"))
    renewal.start()
    assert renewed.wait(60)
    renewal.stop()
    renewal.join(60)
    assert not renewal.is_alive()


def _crash(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError
