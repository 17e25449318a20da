"""Checks that were made before an account changed, and writes after it."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from accounts.allauth.client import Caller, call
from accounts.exceptions import SessionOver
from accounts.models import User
from accounts.services.passwords import change_password
from accounts.services.sessions import open_session
from core.errors import BadValue
from tests.client import Api
from tests.factories import PASSWORD

pytestmark = pytest.mark.both


class TestUnderWay:
    def login(self) -> str:
        right = {"username": "ada", "password": PASSWORD}
        return call("account:login", right, caller=Caller()).session_key

    @pytest.mark.parametrize("change", [{"password": "x"}, {"is_active": False}])
    def test_login_overtaken_by_a_change_opens_no_session(
        self, ada: User, change: dict[str, Any]
    ) -> None:
        key = self.login()
        User.objects.filter(pk=ada.pk).update(**change)
        with pytest.raises(SessionOver):
            open_session(session_key=key)
        assert not UserSession.objects.exists()

    def test_undisturbed_login_opens_a_session(self, ada: User) -> None:
        assert open_session(session_key=self.login()).access

    def test_saving_a_stale_user_does_not_restore_the_old_password(self, ada: User) -> None:
        read_before = User.objects.get(pk=ada.pk)
        User.objects.filter(pk=ada.pk).update(password="new", is_staff=False, is_active=False)
        read_before.bio = "Climbs."
        read_before.save()
        ada.refresh_from_db()
        assert (ada.password, ada.is_active, ada.bio) == ("new", False, "Climbs.")

    def test_password_is_not_changed_over_a_newer_one(self, as_ada: Api, ada: User) -> None:
        session = UserSession.objects.get()
        assert ada.check_password(PASSWORD)
        User.objects.filter(pk=ada.pk).update(password="newer")
        with pytest.raises(BadValue):
            change_password(
                user=ada,
                session_id=session.pk,
                current=PASSWORD,
                new="yet another",
                caller=Caller(),
            )
        ada.refresh_from_db()
        assert ada.password == "newer"

    def test_password_is_not_changed_from_a_session_that_ended(
        self, as_ada: Api, ada: User
    ) -> None:
        session = UserSession.objects.get()
        Session.objects.all().delete()
        with pytest.raises(SessionOver):
            change_password(
                user=ada,
                session_id=session.pk,
                current=PASSWORD,
                new="yet another",
                caller=Caller(),
            )
        ada.refresh_from_db()
        assert ada.check_password(PASSWORD)
        assert not Session.objects.exists()
