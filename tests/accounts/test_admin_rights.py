"""Staff with rights over people cannot use them to gain more rights.

Staff with `accounts.change_user` could tick `is_superuser` for themselves, set
a superuser's password, e-mail address and second factor, and deactivate all
superusers.
"""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.exceptions import LastAdmin
from accounts.models import User
from accounts.services import erasure, lifecycle
from tests.client import Api
from tests.factories import PASSWORD, UserFactory

NEW_PASSWORD = "another fine password"
ACTIONS = ["deactivate", "reactivate", "erase", "trust_address", "turn_off_second_factor"]
REFUSED = "This account has more rights than yours."


def staff(username: str, *codenames: str, **more: Any) -> User:
    person = UserFactory.create(username=username, is_staff=True, **more)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


@pytest.fixture
def stella(db: None) -> User:
    """Return a staff user with all permissions on users and their sessions."""
    return staff(
        "stella", "view_user", "add_user", "change_user", "delete_user", "delete_usersession",
        "view_usersession",
    )  # fmt: skip


@pytest.fixture
def as_stella(client: Client, stella: User) -> Client:
    client.force_login(stella)
    return client


@pytest.fixture
def as_super(client: Client, alma: User) -> Client:
    client.force_login(alma)
    return client


def page_of(person: User) -> str:
    return f"/admin/accounts/user/{person.pk}/change/"


def form(person: User, **changes: str) -> dict[str, str]:
    sets = ("emailaddress_set", "authenticator_set", "socialaccount_set", "usersession_set")
    management = {f"{name}-{kind}_FORMS": "0" for name in sets for kind in ("TOTAL", "INITIAL")}
    body = {"username": person.username, "email": person.email, "timezone": "UTC"}
    return management | body | changes


def act(client: Client, action: str, *people: User) -> str:
    body = {
        "action": action,
        "_selected_action": [person.pk for person in people],
        "confirmed": "yes",
    }
    response = client.post("/admin/accounts/user/", body, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def row(person: User) -> dict[str, Any]:
    """Return the stored data of a user that an admin can change."""
    authenticators = Authenticator.objects.filter(user=person).values_list("type", flat=True)
    addresses = EmailAddress.objects.filter(user=person)
    return {
        **User.objects.values().get(pk=person.pk),
        "permissions": sorted(person.user_permissions.values_list("codename", flat=True)),
        "groups": sorted(person.groups.values_list("name", flat=True)),
        "authenticators": sorted(authenticators),
        "addresses": sorted(addresses.values_list("email", "verified", "primary")),
    }


class TestOwnRights:
    def test_staff_cannot_give_themselves_rights(self, as_stella: Client, stella: User) -> None:
        before = row(stella)
        every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
        group = Group.objects.create(name="everything")
        body: dict[str, Any] = form(stella, is_superuser="on", first_name="Stella")
        body |= {"user_permissions": every, "groups": [str(group.pk)]}
        assert as_stella.post(page_of(stella), body).status_code == 302
        changed = {"first_name": "Stella", "is_organizer": False}
        assert row(stella) == before | changed

    @pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
    def test_staff_cannot_give_others_rights(self, as_stella: Client, ada: User, flag: str) -> None:
        assert as_stella.post(page_of(ada), form(ada, **{flag: "on"})).status_code == 302
        ada.refresh_from_db()
        assert (ada.is_staff, ada.is_superuser) == (False, False)

    @pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
    def test_added_people_have_no_rights(self, as_stella: Client, flag: str) -> None:
        body = {
            "username": "eve", "email": "eve@example.com", "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD, "usable_password": "true", flag: "on",
        }  # fmt: skip
        assert as_stella.post("/admin/accounts/user/add/", body).status_code == 302
        eve = User.objects.get(username="eve")
        assert (eve.is_staff, eve.is_superuser) == (False, False)

    def test_rights_are_shown_to_staff_and_not_for_input(
        self, as_stella: Client, ada: User
    ) -> None:
        page = as_stella.get(page_of(ada)).content.decode()
        assert 'name="is_organizer"' in page
        for field in ("is_staff", "is_superuser", "user_permissions"):
            assert f'name="{field}"' not in page

    def test_staff_looks_after_ordinary_people(self, as_stella: Client, ada: User) -> None:
        assert as_stella.post(page_of(ada), form(ada, is_organizer="on")).status_code == 302
        ada.refresh_from_db()
        assert ada.is_organizer
        assert "1 deactivated." in act(as_stella, "deactivate", ada)

    def test_superusers_give_rights(self, as_super: Client, ada: User) -> None:
        permission = Permission.objects.get(codename="view_rsvp")
        body: dict[str, Any] = form(ada, is_staff="on", is_superuser="on")
        body["user_permissions"] = [str(permission.pk)]
        assert as_super.post(page_of(ada), body).status_code == 302
        ada.refresh_from_db()
        assert (ada.is_staff, ada.is_superuser) == (True, True)
        assert list(ada.user_permissions.all()) == [permission]


class TestMorePowerful:
    """Superusers, and staff with a permission that Stella lacks."""

    @pytest.fixture(params=["superuser", "inactive-superuser", "staff", "inactive-staff", "group"])
    def other(self, request: pytest.FixtureRequest, db: None) -> User:
        is_active = not request.param.startswith("inactive")
        if request.param.endswith("superuser"):
            other = UserFactory.create(username="root", is_staff=True, is_superuser=True)
        elif request.param == "group":
            other = staff("rita")
            group = Group.objects.create(name="reviewers")
            group.permissions.add(Permission.objects.get(codename="delete_review"))
            other.groups.add(group)
        else:
            other = staff("rita", "delete_review")
        User.objects.filter(pk=other.pk).update(is_active=is_active)
        Authenticator.objects.create(user=other, type="recovery_codes", data={})
        EmailAddress.objects.filter(user=other).update(verified=False)
        return other

    @pytest.mark.parametrize(
        "changes",
        [{"email": "mine@example.com"}, {"is_superuser": ""}, {"username": "nobody"}],
        ids=["email", "demote", "name"],
    )
    def test_form_is_refused(self, as_stella: Client, other: User, changes: dict[str, str]) -> None:
        before = row(other)
        assert as_stella.post(page_of(other), form(other, **changes)).status_code == 403
        assert row(other) == before

    def test_page_can_be_read(self, as_stella: Client, other: User) -> None:
        page = as_stella.get(page_of(other))
        assert page.status_code == 200
        assert 'name="_save"' not in page.content.decode()
        assert other.password not in page.content.decode()

    @pytest.mark.parametrize("usable", ["true", "false"])
    def test_password_is_refused(self, as_stella: Client, other: User, usable: str) -> None:
        before = row(other)
        body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": usable}
        path = f"/admin/accounts/user/{other.pk}/password/"
        assert as_stella.get(path).status_code == 403
        for more in ({}, {"unset-password": "yes"}):
            assert as_stella.post(path, body | more).status_code == 403
        assert row(other) == before

    @pytest.mark.parametrize("action", ACTIONS)
    def test_action_is_refused(
        self, as_stella: Client, other: User, ada: User, action: str
    ) -> None:
        before = row(other)
        assert REFUSED in act(as_stella, action, other, ada)
        assert row(other) == before

    def test_erasure_page_is_refused(self, as_stella: Client, other: User, ada: User) -> None:
        body = {"action": "erase", "_selected_action": [other.pk, ada.pk]}
        page = as_stella.post("/admin/accounts/user/", body).content.decode()
        assert ada.email in page and other.email not in page

    def test_sessions_are_not_ended(self, as_stella: Client, other: User, ada: User) -> None:
        people = (other, ada)
        rows = [
            UserSession.objects.create(user=person, ip="192.0.2.1", session_key=person.username)
            for person in people
        ]
        body = {"action": "end", "_selected_action": [session.pk for session in rows]}
        page = as_stella.post("/admin/usersessions/usersession/", body, follow=True)
        assert REFUSED in page.content.decode()
        assert list(UserSession.objects.filter(user__in=people)) == rows[:1]


def test_staff_acts_on_staff_with_the_same_rights(as_stella: Client) -> None:
    colleague = staff("colleague", "view_user")
    assert "1 deactivated." in act(as_stella, "deactivate", colleague)


@pytest.mark.parametrize(
    ("path", "column", "of"),
    [
        ("usersessions/usersession", "session_key", "usersessions.UserSession"),
        ("usersessions/usersession", "data", "usersessions.UserSession"),
        ("notifications/device", "token", "notifications.Device"),
        ("accounts/user", "password", "accounts.User"),
    ],
    ids=lambda value: value.split("/")[-1],
)
def test_secrets_are_not_found_out_by_filters(
    client: Client, path: str, column: str, of: str, alma: User
) -> None:
    """`?session_key__startswith=a` revealed the key of a superuser's session, bit by bit."""
    model = of.split(".")[1].lower()
    client.force_login(staff("viewer", f"view_{model}"))
    page = f"/admin/{path}/"
    assert client.get(page, {f"{column}__startswith": "a"}).status_code == 400
    assert client.get(page).status_code == 200


class TestLastSuperuser:
    """Each action alone; `tests/concurrency/test_superusers.py` runs two at once."""

    def test_is_not_deactivated(self, alma: User) -> None:
        UserFactory.create(is_superuser=True, is_active=False)
        with pytest.raises(LastAdmin):
            lifecycle.deactivate(user=alma)
        alma.refresh_from_db()
        assert alma.is_active

    def test_is_not_erased(self, alma: User) -> None:
        with pytest.raises(LastAdmin):
            erasure.erase(user_id=alma.pk)
        alma.refresh_from_db()
        assert (alma.is_active, alma.erasure_asked_at) == (True, None)

    def test_is_not_demoted(self, as_super: Client, alma: User) -> None:
        body = form(alma, is_staff="on", first_name="Alma")
        page = as_super.post(page_of(alma), body).content.decode()
        assert LastAdmin.message in page
        alma.refresh_from_db()
        assert (alma.is_superuser, alma.first_name) == (True, "")

    def test_stays_in_the_admin(self, as_super: Client, alma: User) -> None:
        page = as_super.post(page_of(alma), form(alma, is_superuser="on")).content.decode()
        assert "A superuser needs this." in page
        alma.refresh_from_db()
        assert alma.is_staff

    def test_stays_when_the_profile_is_deleted(self, alma: User) -> None:
        api = Api(alma)
        api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
        assert api.delete("/users/profile/", expect=409)["code"] == "last_admin"
        alma.refresh_from_db()
        assert alma.is_active

    def test_one_of_two_is_demoted(self, as_super: Client, alma: User) -> None:
        UserFactory.create(is_superuser=True)
        assert as_super.post(page_of(alma), form(alma, is_staff="on")).status_code == 302
        alma.refresh_from_db()
        assert not alma.is_superuser

    def test_one_of_two_is_deactivated(self, as_super: Client, alma: User) -> None:
        other = UserFactory.create(is_superuser=True)
        assert "1 deactivated." in act(as_super, "deactivate", other)
        assert "You cannot deactivate yourself." in act(as_super, "deactivate", alma)
