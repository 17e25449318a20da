"""Races for what may be there once only: names, tags, and the use of a refresh token."""

from functools import partial
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from accounts.models import User
from accounts.services.login import log_in
from accounts.services.registration import register
from accounts.services.sessions import SessionOver, Tokens, refresh_tokens
from config.errors import BadValue
from events.models import Tag
from events.services.named import create_tag
from tests.concurrency.rush import Rush, errors_other_than, rush_of
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


class TestRefresh:
    """One refresh token is used 20 times at once."""

    def round(self, rush: Rush, person: User) -> list[Tokens]:
        tokens = log_in(login=person.username, password=PASSWORD)
        assert isinstance(tokens, Tokens)
        token = tokens.refresh
        outcomes = rush([partial(refresh_tokens, refresh=token)] * 20)
        assert errors_other_than(outcomes, SessionOver) == []
        return [outcome for outcome in outcomes if isinstance(outcome, Tokens)]

    def test_one_use_wins_and_the_others_end_the_session(self) -> None:
        person = UserFactory.create()
        with rush_of(20) as rush:
            for _ in range(50):
                assert len(self.round(rush, person)) == 1
        assert not UserSession.objects.exists()

    def test_control_lets_several_win_when_it_reads_first(
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
            wins = [len(self.round(rush, person)) for _ in range(20)]
        assert max(wins) > 1


def test_one_name_goes_to_one_person() -> None:
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


def test_one_name_is_one_tag() -> None:
    with rush_of(10) as rush:
        for number in range(20):
            outcomes = rush([partial(create_tag, name=f"Jazz {number}")] * 10)
            assert errors_other_than(outcomes) == []
            assert sorted(is_new for _, is_new in outcomes) == [False] * 9 + [True]
            assert len({tag.pk for tag, _ in outcomes}) == 1
    assert Tag.objects.count() == 20
