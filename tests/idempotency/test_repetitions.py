"""POSTs with an Idempotency-Key: one effect, and the same response again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services.organizers import revoke_role
from events.models import Event
from idempotency.models import StoredResponse
from idempotency.services import KEPT, Claim, claim_key, forget_old, store
from idempotency.tasks import forget_old_responses
from rsvp.models import Rsvp
from tests.client import Api, committed
from tests.factories import UserFactory, event_body
from tests.idempotency.sending import Send, replayed, sender
from tests.pictures import jpeg

pytestmark = [pytest.mark.both, pytest.mark.django_db]


class TestSame:
    def test_repetition_gets_the_first_response(self, send: Send) -> None:
        body = event_body()
        first, again = send(body), send(body)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert (replayed(first), replayed(again)) == (False, True)
        assert Event.objects.count() == 1
        names = ("Content-Type", "Location", "ETag", "Vary", "Cache-Control", "Allow")
        assert [first.headers.get(n) for n in names] == [again.headers.get(n) for n in names]
        assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]

    def test_quoted_key_is_the_same(self, send: Send) -> None:
        body = event_body()
        send(body, key="a-1")
        assert replayed(send(body, key='"a-1"'))

    def test_another_key_is_another_request(self, send: Send) -> None:
        body = event_body()
        send(body, key="a")
        assert not replayed(send(body, key="b"))
        assert Event.objects.count() == 2

    def test_refusal_is_stored(self, send: Send) -> None:
        first, again = send({}), send({})
        assert (first.status_code, again.status_code) == (400, 400)
        assert again.json() == first.json()
        assert again.headers["Content-Type"] == "application/problem+json"
        assert replayed(again)

    def test_response_without_a_body_is_stored(self, olive: User) -> None:
        claim = claim_key(user_id=olive.pk, key="k", fingerprint="f")
        assert isinstance(claim, Claim)
        store(claim, status=204, headers={}, body=b"")
        stored = claim_key(user_id=olive.pk, key="k", fingerprint="f")
        assert isinstance(stored, StoredResponse)
        assert (stored.status, bytes(stored.body)) == (204, b"")

    def test_keys_belong_to_one_person(self, send: Send) -> None:
        body = event_body()
        first = send(body)
        other = sender(Api(UserFactory.create(is_organizer=True)))(body)
        assert not replayed(other)
        assert other.json()["id"] != first.json()["id"]

    def test_three_statements_are_added(self, as_ada: Api, event: Event) -> None:
        path = f"/events/{event.pk}/rsvp/"
        as_ada.post(path, {"status": "going"})  # caches the user
        numbers = []
        for headers in ({}, {"Idempotency-Key": "k"}, {"Idempotency-Key": "k"}):
            with CaptureQueriesContext(connection) as captured:
                as_ada.client.post(f"/api{path}", {"status": "going"}, headers=headers)
            numbers.append(len(captured))
        without, first, again = numbers
        assert (first - without, again) == (3, 2)


class TestOther:
    def test_another_body_is_refused(self, send: Send) -> None:
        send(event_body(title="One"))
        response = send(event_body(title="Two"))
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
        assert response.json()["title"] == "Unprocessable Content"
        assert not replayed(response)
        assert Event.objects.count() == 1

    @pytest.mark.parametrize("path", ["/events/?x=1", "/tags/"])
    def test_another_path_is_refused(self, send: Send, path: str) -> None:
        body = event_body()
        send(body)
        assert send(body, path=path).status_code == 422

    def test_other_methods_ignore_the_key(self, send: Send, as_olive: Api) -> None:
        event = send(event_body()).json()
        headers = {"Idempotency-Key": "k"}
        path = f"/api/events/{event['id']}/"
        response = as_olive.client.patch(path, {"title": "New"}, headers=headers)
        assert (response.status_code, replayed(response)) == (200, False)

    @pytest.mark.parametrize("key", ["", "a b", "k" * 300, "schlüssel"])
    def test_bad_key_is_400(self, send: Send, key: str) -> None:
        response = send(event_body(), key=key)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_idempotency_key")
        assert not Event.objects.exists()


class TestForms:
    def form(self, picture: bytes, title: str = "One") -> dict[str, Any]:
        return event_body(title=title) | {"banner": SimpleUploadedFile("a.jpg", picture)}

    def test_another_boundary_is_the_same_form(self, send: Send) -> None:
        body, picture = self.form(jpeg()), jpeg()
        first = send(body, format="multipart")
        assert first.status_code == 201, first.content
        body["banner"] = SimpleUploadedFile("a.jpg", picture)
        lines = _multipart(body, "another-boundary")
        again = send(lines, content_type="multipart/form-data; boundary=another-boundary")
        assert replayed(again)
        assert again.json() == first.json()

    def test_another_file_is_another_request(self, send: Send) -> None:
        body = event_body(title="One")
        picture, other = jpeg(), jpeg(width=320)
        assert picture != other
        send(body | {"banner": SimpleUploadedFile("a.jpg", picture)}, format="multipart")
        banner = SimpleUploadedFile("a.jpg", other)
        assert send(body | {"banner": banner}, format="multipart").status_code == 422

    def test_another_field_is_another_request(self, send: Send) -> None:
        send(event_body(title="One"), format="multipart")
        assert send(event_body(title="Two"), format="multipart").status_code == 422

    def test_too_large_body_is_413(self, send: Send) -> None:
        assert send({"title": "x" * 1_100_000}).status_code == 413


def _multipart(body: dict[str, Any], boundary: str) -> bytes:
    return encode_multipart(boundary, body)


class TestRights:
    def test_lost_right_gets_no_stored_response(self, send: Send, olive: User) -> None:
        body = event_body()
        send(body)
        with committed():
            revoke_role(user=olive)
        assert send(body).status_code == 403

    def test_ended_session_gets_no_stored_response(self, send: Send, as_olive: Api) -> None:
        body = event_body()
        send(body)
        as_olive.post("/logout/", expect=204)
        assert send(body).status_code == 401

    def test_another_session_of_the_person_gets_it(self, send: Send, olive: User) -> None:
        body = event_body()
        send(body)
        assert replayed(sender(Api(olive))(body))


class TestAge:
    def test_key_is_free_after_a_day(self, send: Send) -> None:
        body = event_body()
        send(body)
        StoredResponse.objects.update(created_at=timezone.now() - KEPT)
        assert not replayed(send(body))
        assert replayed(send(body))
        assert Event.objects.count() == 2

    def test_old_responses_are_deleted(self, send: Send) -> None:
        send(event_body(), key="old")
        StoredResponse.objects.update(created_at=timezone.now() - KEPT - timedelta(seconds=1))
        send(event_body(), key="new")
        forget_old_responses()
        assert [row.key for row in StoredResponse.objects.all()] == ["new"]
        assert forget_old() == 0


def test_rsvp_repeats_its_status(as_ada: Api, event: Event) -> None:
    """Without a key, the second one is 200."""
    send = sender(as_ada)
    path = f"/events/{event.pk}/rsvp/"
    statuses = [send({"status": "going"}, path=path).status_code for _ in range(2)]
    assert statuses == [201, 201]
    assert Rsvp.objects.count() == 1
