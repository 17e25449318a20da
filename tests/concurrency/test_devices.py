"""Races: devices are registered while their sessions end."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from accounts.services.login import log_in
from accounts.services.sessions import end_sessions
from notifications.exceptions import DeviceOfAnotherAccount, SignInOver
from notifications.models import Device
from notifications.services import add_device
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import PASSWORD, people

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

AT_ONCE = 20


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(AT_ONCE) as rush:
        yield rush


def errors_of_a_round(rush: Rush) -> list[Exception]:
    """Return the errors when ten users log out while their apps register devices."""
    actions: list[Any] = []
    for person in people(AT_ONCE // 2):
        log_in(login=person.username, password=PASSWORD)
        sessions = UserSession.objects.filter(user=person)
        device = {"token": f"of {person.pk}", "platform": "web"}
        actions += [
            partial(add_device, user_id=person.pk, session_id=sessions.get().pk, **device),
            partial(end_sessions, sessions),
        ]
    return errors_other_than(rush(actions), SignInOver)


def test_ended_session_leaves_no_device_behind(rush: Rush) -> None:
    for _ in rounds_of(20):
        assert errors_of_a_round(rush) == []
    assert not Device.objects.exists()


def test_control_fails_to_end_sessions_without_the_lock(
    rush: Rush, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())
    assert any(errors_of_a_round(rush) for _ in range(CONTROL_ROUNDS))


def test_token_registered_by_many_accounts_belongs_to_one(rush: Rush) -> None:
    actions = []
    for person in people(AT_ONCE):
        log_in(login=person.username, password=PASSWORD)
        session = UserSession.objects.get(user=person)
        device = {"token": "the phone", "platform": "web"}
        actions.append(partial(add_device, user_id=person.pk, session_id=session.pk, **device))
    outcomes = rush(actions)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert errors_other_than(outcomes, DeviceOfAnotherAccount) == []
    assert {
        getattr(outcome, "code", "") for outcome in outcomes if isinstance(outcome, Exception)
    } == {"device_of_another_account"}
