"""Races for things that are unique: names, tags, and the use of a refresh token."""

from functools import partial
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from accounts.exceptions import SessionOver
from accounts.models import User
from accounts.services.login import log_in
from accounts.services.registration import register
from accounts.services.sessions import Tokens, refresh_tokens
from core.errors import BadValue
from events.models import Tag
from events.services.categories import create_tag
from notifications.models import Notification
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


class TestRefresh:
    """One refresh token is used 20 times at once."""

    def round(self, rush: Rush, person: User) -> set[Tokens]:
        """Return the distinct responses to the 20 uses."""
        tokens = log_in(login=person.username, password=PASSWORD)
        assert isinstance(tokens, Tokens)
        outcomes = rush([partial(refresh_tokens, refresh=tokens.refresh)] * 20)
        assert errors_other_than(outcomes) == []
        return set(outcomes)

    def test_all_uses_get_the_same_new_pair(self) -> None:
        person = UserFactory.create()
        with rush_of(20) as rush:
            for _ in rounds_of(50):
                [pair] = self.round(rush, person)
                assert refresh_tokens(refresh=pair.refresh) != pair

    def test_simultaneous_late_uses_end_the_session_once(self) -> None:
        person = UserFactory.create()
        with rush_of(20) as rush:
            for _ in rounds_of(20):
                tokens = log_in(login=person.username, password=PASSWORD)
                assert isinstance(tokens, Tokens)
                refresh_tokens(refresh=refresh_tokens(refresh=tokens.refresh).refresh)
                outcomes = rush([partial(refresh_tokens, refresh=tokens.refresh)] * 20)
                assert [type(outcome) for outcome in outcomes] == [SessionOver] * 20
        assert not UserSession.objects.exists()
        notifications = Notification.objects.filter(user=person, kind="account_security").count()
        assert notifications == len(rounds_of(20))

    def test_control_gives_several_pairs_when_it_reads_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        update = QuerySet.update

        def read_then_write(queryset: QuerySet[Any], **values: Any) -> int:
            if queryset.model is not UserSession:
                return update(queryset, **values)
            found = list(queryset.values_list("pk", flat=True))
            return update(queryset.model._default_manager.filter(pk__in=found), **values)

        monkeypatch.setattr(QuerySet, "update", read_then_write)
        person = UserFactory.create()
        with rush_of(20) as rush:
            assert any(len(self.round(rush, person)) > 1 for _ in range(CONTROL_ROUNDS))


def test_username_is_given_to_one_person() -> None:
    with rush_of(10) as rush:
        for number in range(20):
            calls = [
                partial(
                    register,
                    username=f"{'ada' if even else 'ADA'}{number}",
                    email=f"{number}-{caller}@example.com",
                    password=PASSWORD,
                )
                for caller in range(10)
                for even in [caller % 2 == 0]
            ]
            outcomes = rush(calls)
            refused = [o for o in outcomes if isinstance(o, BadValue)]
            assert errors_other_than(outcomes, BadValue) == []
            assert len(refused) == 9
            assert {(r.field, r.code) for r in refused} == {("username", "unique")}


def test_name_of_a_tag_creates_one_tag() -> None:
    with rush_of(10) as rush:
        for number in range(20):
            outcomes = rush([partial(create_tag, name=f"Jazz {number}")] * 10)
            assert errors_other_than(outcomes) == []
            assert sorted(is_new for _, is_new in outcomes) == [False] * 9 + [True]
            assert len({tag.pk for tag, _ in outcomes}) == 1
    assert Tag.objects.count() == 20
