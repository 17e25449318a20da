"""Who is an organizer, and when a verified address is required."""

from typing import Any

import pytest

from accounts.models import User
from events.models import Event
from tests.accounts.login import reauthenticate, verify
from tests.client import Api, refusal
from tests.factories import EventFactory, begin, end, event_body, unverify

TAG = {"name": "Jazz"}


@pytest.fixture
def verified_required(settings: Any) -> None:
    settings.REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE = True


@pytest.mark.usefixtures("verified_required")
class TestVerifiedAddress:
    def test_organizer_without_one_gets_the_next_step(self, as_olive: Api, olive: User) -> None:
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
        reauthenticate(as_olive)
        as_olive.post("/email/change/", {"email": "new@example.com"}, expect=202)
        as_olive.post("/events/", event_body(), expect=409)

    def test_attendee_is_refused_as_an_attendee(self, as_ada: Api) -> None:
        assert refusal(as_ada.post("/events/", event_body(), expect=403)) == ("organizer_required",)

    def test_everybody_reads(self, as_ada: Api) -> None:
        as_ada.get("/events/")


def test_verified_address_is_not_required_by_default(as_olive: Api) -> None:
    as_olive.post("/events/", event_body())


class TestRoleInTheProfile:
    def test_is_taken_up_and_given_up(self, as_ada: Api, ada: User) -> None:
        as_ada.post("/events/", event_body(), expect=403)
        assert as_ada.patch("/users/profile/", {"is_organizer": True})["is_organizer"] is True
        event = as_ada.post("/events/", event_body())
        problem = as_ada.patch("/users/profile/", {"is_organizer": False}, expect=409)
        assert refusal(problem) == ("owns_upcoming_events", "cancel_events")
        assert as_ada.get("/users/profile/")["is_organizer"] is True
        as_ada.patch(f"/events/{event['id']}/", {"status": "cancelled"})
        assert as_ada.patch("/users/profile/", {"is_organizer": False})["is_organizer"] is False
        as_ada.post("/events/", event_body(), expect=403)
        as_ada.patch("/users/profile/", {"is_organizer": True})
        as_ada.post("/events/", event_body())

    def test_is_granted_by_admins_where_self_signup_is_off(
        self, as_ada: Api, as_olive: Api, settings: Any
    ) -> None:
        settings.ORGANIZER_SELF_SIGNUP = False
        closed = ("organizer_signup_closed", "ask_an_admin")
        problem = as_ada.put("/users/profile/", {"is_organizer": True}, expect=403)
        assert refusal(problem) == closed
        as_ada.patch("/users/profile/", {"is_organizer": False})
        as_olive.patch("/users/profile/", {"is_organizer": True, "bio": "As it was sent."})

    @pytest.mark.parametrize(
        ("values", "expect"),
        [
            pytest.param({"status": "draft"}, 200, id="draft"),
            pytest.param({"status": "cancelled"}, 200, id="cancelled"),
            pytest.param({}, 409, id="to come"),
        ],
    )
    def test_is_kept_for_published_events(
        self, as_olive: Api, olive: User, values: dict[str, str], expect: int
    ) -> None:
        EventFactory.create(created_by=olive, **values)
        as_olive.patch("/users/profile/", {"is_organizer": False}, expect=expect)

    def test_is_kept_until_the_end(self, as_olive: Api, event: Event) -> None:
        begin(event)
        as_olive.patch("/users/profile/", {"is_organizer": False}, expect=409)
        end(event)
        as_olive.patch("/users/profile/", {"is_organizer": False})

    def test_refused_change_changes_nothing_else(self, as_olive: Api, event: Event) -> None:
        body = {"is_organizer": False, "bio": "Retired."}
        as_olive.patch("/users/profile/", body, expect=409)
        assert as_olive.get("/users/profile/")["bio"] == ""

    def test_verified_people_take_up_the_role_if_that_is_required(
        self, as_ada: Api, ada: User, settings: Any
    ) -> None:
        settings.REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE = True
        unverify(ada)
        problem = as_ada.patch("/users/profile/", {"is_organizer": True}, expect=409)
        assert refusal(problem) == ("email_not_verified", "verify_email")
        assert as_ada.get("/users/profile/")["is_organizer"] is False
        verify(ada)
        assert as_ada.patch("/users/profile/", {"is_organizer": True})["is_organizer"] is True

    def test_closed_signup_is_refused_before_the_address_is_checked(
        self, as_ada: Api, ada: User, settings: Any
    ) -> None:
        settings.REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE = True
        settings.ORGANIZER_SELF_SIGNUP = False
        unverify(ada)
        problem = as_ada.patch("/users/profile/", {"is_organizer": True}, expect=403)
        assert refusal(problem) == ("organizer_signup_closed", "ask_an_admin")

    def test_is_read_as_a_boolean(self, as_ada: Api) -> None:
        problem = as_ada.patch("/users/profile/", {"is_organizer": None}, expect=400)
        assert refusal(problem) == (("is_organizer", "null"),)


class TestRoleThatAnAdminTookAway:
    """A former organizer got the role back with one PATCH of the profile."""

    @pytest.fixture(params=["form", "action"])
    def taken_away(self, request: Any, olive: User, admin_page: Any) -> User:
        if request.param == "form":
            change = {"username": "olive", "email": olive.email, "timezone": "UTC"}
            admin_page(f"/accounts/user/{olive.pk}/change/", change)
        else:
            action = {"action": "revoke_organizer", "_selected_action": [olive.pk]}
            assert "1 without the organizer role now" in admin_page("/accounts/user/", action)
        olive.refresh_from_db()
        assert (olive.is_organizer, olive.organizer_revoked_at is None) == (False, False)
        return olive

    def test_revoked_role_cannot_be_taken_up_again(self, as_olive: Api, taken_away: User) -> None:
        problem = as_olive.patch("/users/profile/", {"is_organizer": True}, expect=403)
        assert refusal(problem) == ("organizer_signup_closed", "ask_an_admin")
        assert as_olive.get("/users/profile/")["is_organizer"] is False
        as_olive.post("/events/", event_body(), expect=403)

    def test_is_granted_again_by_an_admin(
        self, as_olive: Api, taken_away: User, admin_page: Any
    ) -> None:
        change = {"username": "olive", "email": taken_away.email, "timezone": "UTC"}
        admin_page(f"/accounts/user/{taken_away.pk}/change/", change | {"is_organizer": "on"})
        as_olive.post("/events/", event_body(status="draft"))
        as_olive.patch("/users/profile/", {"is_organizer": False})
        as_olive.patch("/users/profile/", {"is_organizer": True})

    def test_page_of_the_user_shows_since_when(self, taken_away: User, admin_page: Any) -> None:
        page = admin_page(f"/accounts/user/{taken_away.pk}/change/")
        assert "Organizer role revoked" in page


def test_role_can_be_revoked_after_it_was_given_up(
    as_olive: Api, olive: User, admin_page: Any
) -> None:
    as_olive.patch("/users/profile/", {"is_organizer": False})
    admin_page("/accounts/user/", {"action": "revoke_organizer", "_selected_action": [olive.pk]})
    as_olive.patch("/users/profile/", {"is_organizer": True}, expect=403)
