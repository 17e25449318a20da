"""Who may organize, and when their address has to be verified for it."""

from typing import Any

import pytest

from accounts.models import User
from tests.accounts.ways import verify
from tests.client import Api, refusal
from tests.factories import event_body, unverify

TAG = {"name": "Jazz"}


@pytest.fixture
def asked_for(settings: Any) -> None:
    settings.REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE = True


@pytest.mark.usefixtures("asked_for")
class TestVerifiedAddress:
    def test_organizer_without_one_is_told_what_to_do(self, as_olive: Api, olive: User) -> None:
        unverify(olive)
        for path, body in (("/events/", event_body()), ("/tags/", TAG)):
            problem = as_olive.post(path, body, expect=409)
            assert refusal(problem) == ("email_not_verified", "verify_email")

    def test_organizer_with_one_creates_events(self, as_olive: Api, olive: User) -> None:
        verify(olive)
        as_olive.post("/events/", event_body())
        as_olive.post("/tags/", TAG)

    def test_address_to_come_does_not_count(self, as_olive: Api, olive: User) -> None:
        unverify(olive)
        as_olive.post("/email/change/", {"email": "new@example.com"}, expect=202)
        as_olive.post("/events/", event_body(), expect=409)

    def test_attendee_is_refused_as_an_attendee(self, as_ada: Api) -> None:
        assert refusal(as_ada.post("/events/", event_body(), expect=403)) == ("organizer_required",)

    def test_everybody_reads(self, as_ada: Api) -> None:
        as_ada.get("/events/")


def test_address_is_not_asked_for_by_default(as_olive: Api) -> None:
    as_olive.post("/events/", event_body())
