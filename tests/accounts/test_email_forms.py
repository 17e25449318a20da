"""One e-mail address is one account, in any notation."""

from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import AddressChange, User
from accounts.services.emails import answer_mail_requests
from notifications.tasks import relay
from tests.accounts.login import is_accepted, reauthenticate, sign_in
from tests.accounts.mailed import keys_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD, UserFactory
from tests.mailbox import Mailbox
from tests.standins.provider import Provider

pytestmark = pytest.mark.slow

STORED = "ada@xn--bcher-kva.example"
FORMS = [
    pytest.param("ada@xn--bcher-kva.example", id="A-label"),
    pytest.param("Ada@bücher.example", id="script"),
    pytest.param("ada@BU\u0308CHER.example", id="decomposed"),
]
LOOK_ALIKE = "ſam@example.com"


def account(email: str, username: str = "ada", expect: int = 201) -> Any:
    body = {"username": username, "email": email, "password": PASSWORD}
    return Api().post("/register/", body, expect=expect)


@pytest.fixture
def of_earlier_version(db: None) -> User:
    """Return a user whose address is stored in its own script."""
    person = UserFactory.create(username="ada")
    User.objects.update(email="ada@bücher.example")
    EmailAddress.objects.update(email="ada@bücher.example")
    return person


@pytest.mark.parametrize("form", FORMS)
class TestForms:
    def test_account_is_opened_once(self, db: None, form: str) -> None:
        assert account(form)["email"] == STORED
        assert EmailAddress.objects.get().email == STORED
        for other in FORMS:
            problem = account(str(other.values[0]), "eve", expect=400)
            assert refusal(problem) == (("email", "unique"),)

    def test_login_accepts_every_form(self, db: None, form: str) -> None:
        account("ada@bücher.example")
        assert is_accepted(sign_in(form)["access"])

    def test_reset_finds_the_account(self, db: None, form: str) -> None:
        account("ada@bücher.example")
        Api().post("/password/reset/", {"email": form}, expect=202)
        assert len(keys_mailed("reset-password", to=STORED)) == 1

    def test_address_is_changed_to_the_stored_form(self, as_ada: Api, ada: User, form: str) -> None:
        reauthenticate(as_ada)
        as_ada.post("/email/change/", {"email": form}, expect=202)
        [key] = keys_mailed("verify-email", to=STORED)
        Api().post("/email/verify/", {"key": key}, expect=200)
        assert as_ada.get("/users/profile/")["email"] == STORED

    def test_admin_stores_the_stored_form(self, admin_page: Any, ada: User, form: str) -> None:
        change = {"username": "ada", "email": form, "timezone": "UTC"}
        admin_page(f"/accounts/user/{ada.pk}/change/", change)
        assert User.objects.get(pk=ada.pk).email == STORED
        assert EmailAddress.objects.get(user=ada).email == STORED

    def test_admin_search_finds_the_person(self, admin_page: Any, form: str) -> None:
        account("ada@bücher.example")
        assert STORED in admin_page(f"/accounts/user/?q={form}")

    def test_superuser_gets_the_stored_form(
        self, db: None, monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        options = {"username": "root", "email": form, "interactive": False}
        call_command("createsuperuser", stdout=StringIO(), **options)
        assert User.objects.get().email == STORED

    def test_row_of_an_earlier_version_is_found(self, of_earlier_version: User, form: str) -> None:
        assert is_accepted(sign_in(form)["access"])
        assert refusal(account(form, "eve", expect=400)) == (("email", "unique"),)


class TestRefusals:
    @pytest.mark.parametrize(
        "email", [LOOK_ALIKE, "\u212aim@example.com", "ada@localhost", "a" * 65 + "@example.com"]
    )
    def test_no_new_address_is_one_of_these(
        self, as_ada: Api, admin_page: Any, ada: User, email: str
    ) -> None:
        assert account(email, "eve", expect=400)["errors"][0]["field"] == "email"
        reauthenticate(as_ada)
        problem = as_ada.post("/email/change/", {"email": email}, expect=400)
        assert problem["errors"][0]["field"] == "email"
        change = {"username": "ada", "email": email, "timezone": "UTC"}
        admin_page(f"/accounts/user/{ada.pk}/change/", change)
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"
        with pytest.raises(CommandError):
            call_command("createsuperuser", username="r", email=email, interactive=False)

    def test_provider_with_such_an_address_opens_no_account(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        token = provider.id_token("google", email=LOOK_ALIKE)
        problem = as_nobody.post("/login/social/google/", {"id_token": token}, expect=409)
        assert refusal(problem) == ("email_required", "register")

    def test_provider_opens_an_account_with_the_stored_form(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        token = provider.id_token("google", email="Ada@bücher.example")
        as_nobody.post("/login/social/google/", {"id_token": token}, expect=200)
        assert User.objects.get().email == EmailAddress.objects.get().email == STORED

    def test_look_alike_gets_no_reset_mail_of_another_account(self, db: None) -> None:
        UserFactory.create(username="kim")
        for email in ("\u212aim@example.com", "ſam@example.com"):
            Api().post("/password/reset/", {"email": email}, expect=202)
        keys_mailed("reset-password")
        assert keys_mailed("reset-password", to="\u212aim") == []

    def test_localhost_is_for_development(self, db: None, settings: Settings) -> None:
        settings.DEBUG = True
        assert account("ada@localhost")["email"] == "ada@localhost"


class TestEarlierRows:
    @pytest.fixture(params=[LOOK_ALIKE, "ada@localhost", "a" * 65 + "@example.com"])
    def email(self, request: Any, ada: User) -> str:
        """Return an address that can't be chosen any more."""
        User.objects.update(email=request.param)
        EmailAddress.objects.update(email=request.param)
        return str(request.param)

    def test_log_in_and_get_mails(self, email: str) -> None:
        assert is_accepted(sign_in(email)["access"])
        Api().post("/password/reset/", {"email": email}, expect=202)
        assert len(keys_mailed("reset-password", to=email)) == 1

    def test_are_edited_without_a_change_of_the_address(
        self, email: str, ada: User, admin_page: Any
    ) -> None:
        change = {"username": "ada", "email": email, "timezone": "UTC", "bio": "Climbs."}
        admin_page(f"/accounts/user/{ada.pk}/change/", change)
        person = User.objects.get(pk=ada.pk)
        assert (person.email, person.bio) == (email, "Climbs.")


class TestMigration:
    def run(self) -> None:
        module = import_module("accounts.migrations.0015_addresses_in_one_form")
        module.write_canonical_form(apps, None)

    def test_rows_get_the_stored_form(self, of_earlier_version: User) -> None:
        AddressChange.objects.create(
            user=of_earlier_version,
            old_email="old@bücher.example",
            was_verified=True,
            new_email="ada@bücher.example",
            asked_at=of_earlier_version.date_joined,
            undo_until=of_earlier_version.date_joined,
        )
        for _ in range(2):
            self.run()
        assert User.objects.get().email == STORED
        assert EmailAddress.objects.values_list("email", "verified", "primary").get() == (
            STORED, True, True,
        )  # fmt: skip
        change = AddressChange.objects.get()
        assert (change.old_email, change.new_email) == ("old@xn--bcher-kva.example", STORED)

    def test_taken_address_stays_with_both_accounts(self, of_earlier_version: User) -> None:
        other = UserFactory.create(username="eve", email=STORED)
        self.run()
        of_earlier_version.refresh_from_db()
        assert of_earlier_version.email == "ada@bücher.example"
        assert EmailAddress.objects.get(user=of_earlier_version).email == "ada@bücher.example"
        assert User.objects.get_by_natural_key(STORED) == other
        of_earlier_version.bio = "Climbs."
        of_earlier_version.save()

    def test_two_forms_of_one_person_become_one(self, of_earlier_version: User) -> None:
        EmailAddress.objects.create(user=of_earlier_version, email=STORED)
        self.run()
        [row] = EmailAddress.objects.all()
        assert (row.email, row.verified, row.primary) == (STORED, True, True)


def test_mail_reaches_the_stored_form(db: None, settings: Settings) -> None:
    mailbox = Mailbox()
    try:
        mailbox.receive_mail_of(settings)
        account("ada@straße.example")
        answer_mail_requests()
        relay()
        [message] = mailbox.messages
    finally:
        mailbox.stop()
    assert message["To"] == "ada@xn--strae-oqa.example"
