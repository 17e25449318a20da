"""Register, log in, refresh, log out, profile."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import override_settings
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from accounts.services.lifecycle import deactivate
from tests.accounts.login import reuse_refresh_token
from tests.client import Api, refusal
from tests.factories import PASSWORD, CategoryFactory

ADA = {"username": "ada", "email": "Ada@Example.com", "password": PASSWORD}


def log_in(api: Api, login: str = "ada", password: str = PASSWORD) -> dict[str, str]:
    tokens: dict[str, str] = api.post(
        "/login/", {"username": login, "password": password}, expect=200
    )
    return tokens


def bearer(token: str) -> Api:
    return Api(HTTP_AUTHORIZATION=f"Bearer {token}")


class TestRegister:
    def test_registration_creates_an_account(self, as_nobody: Api) -> None:
        account = as_nobody.post("/register/", ADA)
        user = User.objects.get()
        assert account == {
            "id": user.pk,
            "username": "ada",
            "display_name": "ada",
            "email": "ada@example.com",
            "is_organizer": False,
        }
        assert user.check_password(PASSWORD)

    def test_register_as_organizer(self, as_nobody: Api) -> None:
        assert as_nobody.post("/register/", ADA | {"is_organizer": True})["is_organizer"] is True

    def test_register_as_organizer_can_be_closed(self, as_nobody: Api) -> None:
        with override_settings(ORGANIZER_SELF_SIGNUP=False):
            problem = as_nobody.post("/register/", ADA | {"is_organizer": True}, expect=400)
            assert refusal(problem) == (("is_organizer", "organizer_signup_closed"),)
            as_nobody.post("/register/", ADA)

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"username": "ADA"}, "username", "unique"),
            ({"username": "other", "email": "ADA@example.COM"}, "email", "unique"),
        ],
    )
    def test_taken_name_is_refused_in_any_case(
        self, as_nobody: Api, changes: dict[str, str], field: str, code: str
    ) -> None:
        as_nobody.post("/register/", ADA)
        body = {"username": "new", "email": "new@example.com", "password": PASSWORD} | changes
        assert refusal(as_nobody.post("/register/", body, expect=400)) == ((field, code),)
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"username": ""}, "username", "blank"),
            ({"username": "x" * 51}, "username", "max_length"),
            ({"username": "ada@example.com"}, "username", "invalid_username"),
            ({"username": "12345"}, "username", "invalid_username"),
            ({"username": "ada b"}, "username", "invalid_username"),
            ({"username": "ädä"}, "username", "invalid_username"),
            ({"username": "ada\n"}, "username", None),
            ({"username": ["ada"]}, "username", "invalid"),
            ({"email": "nonsense"}, "email", "invalid"),
            ({"email": ""}, "email", "blank"),
            ({"email": None}, "email", "null"),
            ({"email": "a@b.c\r\nBcc: x@y.z"}, "email", "invalid"),
            ({"password": "short1"}, "password", "password_too_short"),
            ({"password": "password"}, "password", "password_too_common"),
            ({"password": "8375934857"}, "password", "password_entirely_numeric"),
            ({"password": "ada@example.com"}, "password", "password_too_similar"),
            ({"password": "x" * 129}, "password", "max_length"),
            ({"is_organizer": "perhaps"}, "is_organizer", "invalid"),
        ],
    )
    def test_invalid_value_is_named_and_creates_nothing(
        self, as_nobody: Api, changes: dict[str, Any], field: str, code: str | None
    ) -> None:
        if code is None:  # a trailing line break is trimmed, as the browsers do
            as_nobody.post("/register/", ADA | changes)
            assert User.objects.get().username == "ada"
            return
        problem = as_nobody.post("/register/", ADA | changes, expect=400)
        assert (field, code) in refusal(problem)
        assert not User.objects.exists()

    def test_body_cannot_grant_rights(self, as_nobody: Api) -> None:
        body = ADA | {"is_staff": True, "is_superuser": True, "id": 4711, "is_active": False}
        problem = as_nobody.post("/register/", body, expect=400)
        unknown = ["is_staff", "is_superuser", "is_active"]
        assert refusal(problem) == tuple((name, "unknown_field") for name in unknown)
        assert not User.objects.exists()
        assert as_nobody.post("/register/", ADA | {"id": 4711})["id"] != 4711

    def test_stale_token_is_ignored(self, db: None) -> None:
        bearer("nonsense").post("/register/", ADA)


class TestLogin:
    @pytest.mark.parametrize("login", ["ada", "ADA", "ada@example.com", "ADA@Example.com", " ada "])
    def test_login_by_name_or_address(self, as_nobody: Api, ada: User, login: str) -> None:
        tokens = log_in(as_nobody, login)
        assert set(tokens) == {"access", "refresh"}
        assert bearer(tokens["access"]).get("/users/profile/")["username"] == "ada"

    def test_wrong_password_and_unknown_name_get_the_same_error(
        self, as_nobody: Api, ada: User
    ) -> None:
        wrong = as_nobody.post("/login/", {"username": "ada", "password": "x"}, expect=401)
        unknown = as_nobody.post("/login/", {"username": "bob", "password": "x"}, expect=401)
        assert wrong == unknown
        assert refusal(wrong) == ("invalid_credentials",)

    def test_inactive_person_cannot_log_in(self, as_nobody: Api, ada: User) -> None:
        deactivate(user=ada)
        problem = as_nobody.post("/login/", {"username": "ada", "password": PASSWORD}, expect=401)
        assert refusal(problem) == ("invalid_credentials",)

    @pytest.mark.parametrize("value", ["a\x00b", "\ud800", "x" * 300, 5, None, [], {}])
    def test_hostile_names_do_not_crash(self, as_nobody: Api, value: Any) -> None:
        body = json.dumps({"username": value, "password": "x"})
        response = as_nobody.client.post("/api/login/", body, content_type="application/json")
        assert response.status_code in (400, 401)


class TestTokens:
    def test_refresh_returns_two_new_tokens(self, as_nobody: Api, ada: User) -> None:
        old = log_in(as_nobody)
        new = as_nobody.post("/token/refresh/", {"refresh": old["refresh"]}, expect=200)
        assert new["refresh"] != old["refresh"]
        bearer(new["access"]).get("/users/profile/")

    def test_refresh_used_again_ends_the_session(self, as_nobody: Api, ada: User) -> None:
        new = reuse_refresh_token(log_in(as_nobody))
        as_nobody.post("/token/refresh/", {"refresh": new["refresh"]}, expect=401)
        bearer(new["access"]).get("/users/profile/", expect=401)

    def test_logout_ends_access_and_refresh_at_once(self, as_nobody: Api, ada: User) -> None:
        tokens, other = log_in(as_nobody), log_in(as_nobody)
        bearer(tokens["access"]).post("/logout/", expect=204)
        assert refusal(bearer(tokens["access"]).get("/users/profile/", expect=401)) == (
            "token_not_valid",
        )
        as_nobody.post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=401)
        bearer(other["access"]).get("/users/profile/")

    def test_deactivation_ends_every_session(self, as_nobody: Api, ada: User) -> None:
        tokens = log_in(as_nobody)
        deactivate(user=ada)
        bearer(tokens["access"]).get("/users/profile/", expect=401)
        as_nobody.post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=401)
        assert not UserSession.objects.exists()

    def test_session_of_an_inactive_user_is_not_refreshed(self, as_nobody: Api, ada: User) -> None:
        """A login that a deactivation overtook leaves such a session."""
        tokens = log_in(as_nobody)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        as_nobody.post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=401)
        assert not UserSession.objects.exists()

    def test_refresh_token_is_no_access_token(self, as_nobody: Api, ada: User) -> None:
        tokens = log_in(as_nobody)
        bearer(tokens["refresh"]).get("/users/profile/", expect=401)
        as_nobody.post("/token/refresh/", {"refresh": tokens["access"]}, expect=401)
        bearer(tokens["access"]).get("/users/profile/")

    @pytest.mark.parametrize("token_class", [AccessToken, RefreshToken])
    def test_token_of_no_session_is_refused(self, ada: User, token_class: Any) -> None:
        token = str(token_class.for_user(ada))
        bearer(token).get("/users/profile/", expect=401)
        Api().post("/token/refresh/", {"refresh": token}, expect=401)

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer",
            "Bearer a b",
            "Bearer nonsense",
            "bearer x",
            "Token abc",
            "Basic YWRhOng=",
            # {"alg": "none"} with a user_id, unsigned
            "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJ1c2VyX2lkIjoiMSJ9.",
        ],
    )
    def test_foreign_token_is_401(self, db: None, header: str) -> None:
        Api(HTTP_AUTHORIZATION=header).get("/events/", expect=401)

    def test_scheme_may_be_in_any_case(self, as_nobody: Api, ada: User) -> None:
        access = log_in(as_nobody)["access"]
        Api(HTTP_AUTHORIZATION=f"bEARER  {access} ").get("/users/profile/")

    def test_token_without_a_scheme_is_refused(self, as_nobody: Api, ada: User) -> None:
        access = log_in(as_nobody)["access"]
        problem = Api(HTTP_AUTHORIZATION=access).get("/users/profile/", expect=401)
        assert "Bearer <access>" in problem["detail"]

    def test_expired_token_is_refused(self, as_nobody: Api, ada: User, time_machine: Any) -> None:
        tokens = log_in(as_nobody)
        time_machine.move_to(timezone.now() + timedelta(minutes=31))
        bearer(tokens["access"]).get("/users/profile/", expect=401)
        as_nobody.post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)


class TestProfile:
    def test_profile_shows_the_user(self, as_ada: Api, ada: User) -> None:
        assert as_ada.get("/users/profile/") == {
            "id": ada.pk,
            "username": "ada",
            "display_name": "ada",
            "email": "ada@example.com",
            "email_verified": True,
            "is_organizer": False,
            "bio": "",
            "profile_picture": "",
            "timezone": "UTC",
            "phone": "",
            "phone_verified": False,
            "contact_email": "",
            "interests": [],
            "notifications": as_ada.get("/notifications/preferences/"),
        }

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_profile_changes_only_what_is_sent(self, as_ada: Api, method: str) -> None:
        music, sport = CategoryFactory.create(), CategoryFactory.create()
        call = getattr(as_ada, method)
        call("/users/profile/", {"timezone": "Europe/Berlin", "interests": [music.pk, sport.pk]})
        profile = call("/users/profile/", {"bio": "Climbs.\nCooks."})
        assert profile["bio"] == "Climbs.\nCooks."
        assert profile["timezone"] == "Europe/Berlin"
        assert sorted(profile["interests"]) == sorted([music.pk, sport.pk])

    def test_name_address_and_rights_are_not_changed_here(self, as_ada: Api) -> None:
        body = {
            "username": "eve",
            "email": "eve@example.com",
        }
        profile = as_ada.patch("/users/profile/", body)
        assert (profile["username"], profile["email"]) == ("ada", "ada@example.com")
        problem = as_ada.patch("/users/profile/", {"is_staff": True}, expect=400)
        assert refusal(problem) == (("is_staff", "unknown_field"),)

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            ({"timezone": "Mars/Olympus"}, "timezone", "invalid_timezone"),
            ({"timezone": "../../etc/passwd"}, "timezone", "invalid_timezone"),
            ({"bio": "a\x07b"}, "bio", "control_characters"),
            ({"bio": "x" * 2001}, "bio", "max_length"),
            ({"profile_picture": "http://example.com/a.jpg"}, "profile_picture", "invalid_scheme"),
            ({"profile_picture": "javascript:alert(1)"}, "profile_picture", "invalid"),
            ({"profile_picture": "file:///etc/passwd"}, "profile_picture", "invalid"),
            ({"interests": [99999]}, "interests.0", "does_not_exist"),
            ({"interests": ["x"]}, "interests.0", "invalid"),
            ({"interests": 5}, "interests", "not_a_list"),
            ({"interests": [10**30]}, "interests.0", "invalid"),
            ({"interests": [10**19]}, "interests.0", "max_value"),
            ({"interests": [True]}, "interests.0", "invalid"),
        ],
    )
    def test_invalid_value_is_named(self, as_ada: Api, body: Any, field: str, code: str) -> None:
        assert (field, code) in refusal(as_ada.patch("/users/profile/", body, expect=400))

    def test_profile_costs_the_same_for_all_interests(
        self, as_ada: Api, ada: User, django_assert_num_queries: Any
    ) -> None:
        ada.interests.set(CategoryFactory.create_batch(3))
        as_ada.get("/users/profile/")  # from then on the user is cached
        with django_assert_num_queries(1):
            as_ada.get("/users/profile/")
