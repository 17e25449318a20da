"""A refresh token that was just used returns the same tokens for ten seconds.

Decisions: docs/adr/0022-a-refresh-may-be-repeated.md.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from pytest_django.fixtures import Settings

from accounts.allauth.signing import RefreshToken
from accounts.models import User
from accounts.services.lifecycle import deactivate
from accounts.services.sessions import forget_former_pairs
from core.crypto import CannotOpen, unseal
from notifications.models import Notification
from tests.accounts.login import bearer, is_accepted, is_over, refresh, reuse_refresh_token, sign_in
from tests.conftest import dead_redis

pytestmark = pytest.mark.both

Clock = Any


@pytest.fixture
def now(time_machine: Clock) -> Clock:
    time_machine.move_to(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


class TestRepetition:
    def test_lost_response_is_repeated(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        now.shift(timedelta(seconds=9))
        assert refresh(tokens) == newer
        assert is_accepted(newer["access"])
        assert set(refresh(newer)) == {"access", "refresh"}

    def test_repetition_sends_no_mail_about_a_theft(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        for _ in range(5):
            refresh(tokens)
        assert not Notification.objects.filter(kind="account_security").exists()

    def test_ten_seconds_later_it_is_reuse(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        now.shift(timedelta(seconds=10))
        refresh(tokens, expect=401)
        assert is_over(newer)

    def test_token_before_the_last_one_is_reuse(self, ada: User, now: Clock) -> None:
        assert is_over(reuse_refresh_token(sign_in()))

    def test_repetition_does_not_prolong_the_ten_seconds(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        now.shift(timedelta(seconds=6))
        assert refresh(tokens) == newer
        now.shift(timedelta(seconds=6))
        refresh(tokens, expect=401)

    def test_lost_cache_changes_nothing(
        self, ada: User, now: Clock, settings: Settings, nowhere: str
    ) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        settings.CACHES = dead_redis(nowhere)
        assert refresh(tokens) == newer


class TestEnd:
    def test_logout_ends_it(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        bearer(newer["access"]).post("/logout/", expect=204)
        refresh(tokens, expect=401)

    def test_deactivation_ends_it(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        refresh(tokens)
        deactivate(user=ada)
        refresh(tokens, expect=401)

    def test_lost_session_of_django_ends_it(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        refresh(tokens)
        UserSession.objects.update(session_key="gone")
        refresh(tokens, expect=401)


class TestAtRest:
    def test_row_holds_no_token_that_can_be_read(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        data = UserSession.objects.get().data
        written = json.dumps(data)
        assert not any(token in written for token in (*tokens.values(), *newer.values()))
        sealed = data["former_pair"]
        for secret in ("", newer["refresh"], data["former"]):
            with pytest.raises(CannotOpen):
                unseal(sealed, purpose="refresh-grace", secret=secret)
        opened = unseal(sealed, purpose="refresh-grace", secret=tokens["refresh"])
        assert json.loads(opened) == newer

    def test_other_token_with_the_same_id_gets_nothing(self, ada: User, now: Clock) -> None:
        """The row contains the token's id only; the key is derived from the whole token."""
        tokens = sign_in()
        newer = refresh(tokens)
        twin = RefreshToken(tokens["refresh"])  # type: ignore[arg-type]
        twin["extra"] = True
        refresh({"refresh": str(twin)}, expect=401)
        assert is_over(newer)

    def test_old_pairs_are_deleted(self, ada: User, now: Clock) -> None:
        tokens = sign_in()
        newer = refresh(tokens)
        assert forget_former_pairs() == 0
        now.shift(timedelta(seconds=11))
        assert forget_former_pairs() == 1
        assert set(UserSession.objects.get().data) == {"refresh"}
        refresh(newer)

    def test_sessions_of_the_admin_keep_their_data(self, ada: User, now: Clock) -> None:
        UserSession.objects.create(user=ada, session_key="a", ip="::1", data={"is_admin": True})
        assert forget_former_pairs() == 0
        assert UserSession.objects.get().data == {"is_admin": True}
