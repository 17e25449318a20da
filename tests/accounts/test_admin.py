"""Users and sessions in the admin."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.allauth.client import Caller
from accounts.models import User
from accounts.selectors import has_verified_email
from accounts.services.emails import trust_address
from accounts.services.login import log_in
from accounts.services.sessions import Tokens
from events.models import Event
from notifications.models import Notification
from rsvp.models import Rsvp
from rsvp.services import join_event
from tests.factories import PASSWORD

Page = Callable[..., str]


def test_admin_finds_a_person(admin_page: Page, ada: User) -> None:
    assert "ada@example.com" in admin_page("/accounts/user/?q=ada")


def test_deactivation_frees_seats_and_ends_sessions(
    admin_page: Page, ada: User, sam: User, event: Event
) -> None:
    log_in(login="ada", password=PASSWORD)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    join_event(event_id=event.pk, attendee=sam)
    admin_page(
        "/accounts/user/",
        {"action": "deactivate", "_selected_action": [ada.pk], "confirmed": "yes"},
    )
    ada.refresh_from_db()
    assert ada.is_active is False
    assert not UserSession.objects.filter(user=ada).exists()
    assert Rsvp.objects.get(user=sam).status == Rsvp.Status.GOING


def test_reactivated_person_can_log_in(admin_page: Page, ada: User) -> None:
    for action in ("deactivate", "reactivate"):
        chosen = {"action": action, "_selected_action": [ada.pk], "confirmed": "yes"}
        admin_page("/accounts/user/", chosen)
    assert isinstance(log_in(login="ada", password=PASSWORD), Tokens)


def test_admin_does_not_lock_themselves_out(admin_page: Page, alma: User) -> None:
    admin_page(
        "/accounts/user/",
        {"action": "deactivate", "_selected_action": [alma.pk], "confirmed": "yes"},
    )
    alma.refresh_from_db()
    assert alma.is_active is True


def test_admin_adds_an_organizer(admin_page: Page) -> None:
    admin_page(
        "/accounts/user/add/",
        {
            "username": "otto",
            "email": "Otto@Example.com",
            "is_organizer": "on",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "usable_password": "true",
        },
    )
    otto = User.objects.get(username="otto")
    assert (otto.email, otto.is_organizer) == ("otto@example.com", True)


def test_admin_grants_the_organizer_role(admin_page: Page, ada: User) -> None:
    admin_page(
        f"/accounts/user/{ada.pk}/change/",
        {"username": "ada", "email": ada.email, "timezone": "UTC", "is_organizer": "on"},
    )
    ada.refresh_from_db()
    assert ada.is_organizer is True


def test_taken_address_is_an_error_on_the_form(admin_page: Page, ada: User, sam: User) -> None:
    page = admin_page(
        f"/accounts/user/{ada.pk}/change/",
        {"username": "ada", "email": "SAM@example.com", "timezone": "UTC"},
    )
    assert "Another account already uses this e-mail address." in page
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_new_password_signs_them_out_everywhere(admin_page: Page, ada: User) -> None:
    log_in(login="ada", password=PASSWORD)
    new = "another fine password"
    admin_page(
        f"/accounts/user/{ada.pk}/password/",
        {"password1": new, "password2": new, "usable_password": "true"},
    )
    assert not UserSession.objects.filter(user=ada).exists()
    assert isinstance(log_in(login="ada", password=new), Tokens)


def test_people_are_never_deleted(admin_page: Page, alma: User, ada: User, client: Client) -> None:
    client.force_login(alma)
    assert client.post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ada.pk).exists()


def test_session_can_be_ended(admin_page: Page, ada: User) -> None:
    log_in(login="ada", password=PASSWORD)
    session = UserSession.objects.get(user=ada)
    admin_page(
        "/usersessions/usersession/", {"action": "end", "_selected_action": [str(session.pk)]}
    )
    assert not UserSession.objects.filter(user=ada).exists()


def test_people_without_staff_rights_stay_out(client: Client, olive: User) -> None:
    client.force_login(olive)
    assert client.get("/admin/accounts/user/").status_code == 302


def test_login_leads_to_the_admin_itself(client: Client, alma: User) -> None:
    body = {"username": "Alma@Example.com", "password": PASSWORD}
    assert client.post("/admin/login/", body).headers["Location"] == "/admin/"


def test_page_shows_the_sign_in_methods_and_no_secret(admin_page: Page, ada: User) -> None:
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "sealed-secret"})
    log_in(login="ada", password=PASSWORD, caller=Caller("203.0.113.7", "Firefox"))
    page = admin_page(f"/accounts/user/{ada.pk}/change/")
    assert "203.0.113.7" not in page  # the login waits for its second factor
    assert "ada@example.com" in page
    assert "TOTP" in page
    assert "sealed-secret" not in page


def test_new_address_is_the_only_one_and_unverified(admin_page: Page, ada: User) -> None:
    trust_address(user=ada)
    admin_page(
        f"/accounts/user/{ada.pk}/change/",
        {"username": "ada", "email": "Ada@Example.org", "timezone": "UTC"},
    )
    addresses = EmailAddress.objects.filter(user=ada).values_list("email", "primary", "verified")
    assert list(addresses) == [("ada@example.org", True, False)]


def test_added_person_has_an_address(admin_page: Page) -> None:
    body = {
        "username": "grace",
        "email": "grace@example.com",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
    }
    admin_page("/accounts/user/add/", body)
    assert EmailAddress.objects.get(user__username="grace").primary


def test_address_can_be_trusted(admin_page: Page, ada: User) -> None:
    body = {"action": "trust_address", "_selected_action": [str(ada.pk)]}
    assert "1 verified." in admin_page("/accounts/user/", body)
    assert has_verified_email(ada)


def test_second_factor_can_be_turned_off_and_a_mail_is_sent(admin_page: Page, ada: User) -> None:
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=ada, type=kind, data={})
    body = {"action": "turn_off_second_factor", "_selected_action": [str(ada.pk)]}
    admin_page("/accounts/user/", body)
    assert not Authenticator.objects.exists()
    assert isinstance(log_in(login="ada", password=PASSWORD), Tokens)
    notification = Notification.objects.get(user=ada)
    assert (notification.kind, notification.context["what"]) == (
        "account_security",
        "second_factor_off",
    )
    assert LogEntry.objects.get().change_message == "Second factor turned off."
