"""Statements for rows that are built once, and transactions of few messages."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.database import rows
from core.database.rows import Columns, brief_transaction, select_one
from events.models import Event, Tally
from notifications.models import Notification
from tests.factories import EventFactory
from tests.notifications.outbox import create_notification
from tests.settings import IS_REAL

pytestmark = pytest.mark.both


def stored(model: type[Any], pk: int) -> dict[str, Any]:
    return dict(model.objects.filter(pk=pk).values().get())


def write(tally: Tally, **counts: int) -> None:
    for name, count in counts.items():
        setattr(tally, name, count)
    rows.update([tally], tuple(counts))


@pytest.mark.parametrize("model", [Event, Tally, User, Notification], ids=lambda m: m.__name__)
def test_loads_what_the_orm_loads(ada: User, model: type[Any]) -> None:
    EventFactory.create(max_attendees=3, latitude=1.5, longitude=2)
    create_notification(ada)
    columns = Columns[Any](model, "t")
    row = select_one(f"SELECT {columns.sql} FROM {model._meta.db_table} t", [])  # noqa: S608
    loaded = columns.load(row)
    names = [field.attname for field in model._meta.concrete_fields]
    assert {name: getattr(loaded, name) for name in names} == stored(model, loaded.pk)


def test_inserts_and_updates_as_save_does(ada: User) -> None:
    first, second = create_notification(ada), create_notification(ada, occasion="another")
    for row in (first, second):
        row.occasion += " copied"
    copies = [
        Notification(**stored(Notification, row.pk) | {"id": None}) for row in (first, second)
    ]
    for number, copy in enumerate(copies):
        copy.occasion = f"copy {number}"
    rows.insert(copies)
    for copy in copies:
        same = stored(Notification, copy.pk)
        assert same["context"] == copy.context
        assert (same["occasion"], same["created_at"]) == (copy.occasion, copy.created_at)
        copy.context, copy.occasion = {"é": [1, None]}, "not stored"
    rows.update(copies, ("context",))
    rows.update(copies[:1], ("context", "priority"))
    assert [stored(Notification, copy.pk)["context"] for copy in copies] == [{"é": [1, None]}] * 2
    assert stored(Notification, copies[0].pk)["occasion"] == "copy 0"


def test_repeated_rows_are_left_out(ada: User) -> None:
    row = create_notification(ada)
    values = stored(Notification, row.pk) | {"id": None}
    rows.insert_missing([Notification(**values), Notification(**values | {"occasion": "new"})])
    assert Notification.objects.count() == 2


@pytest.mark.django_db(transaction=True)
class TestBriefTransaction:
    @pytest.fixture
    def tally(self) -> Tally:
        return Tally.objects.get(pk=EventFactory.create(max_attendees=3).pk)

    def test_one_message_with_the_commit(self, tally: Tally) -> None:
        with CaptureQueriesContext(connection) as captured, brief_transaction():
            write(tally, going=1)
            write(tally, going=2)
        messages = [query["sql"] for query in captured if "UPDATE" in query["sql"]]
        assert len(messages) == (1 if IS_REAL else 2)
        assert Tally.objects.get().going == 2
        assert not connection.in_atomic_block

    def test_reads_see_earlier_writes(self, tally: Tally) -> None:
        with brief_transaction():
            write(tally, going=2)
            assert Tally.objects.get().going == 2

    def test_error_reverts_everything(self, tally: Tally) -> None:
        @brief_transaction()
        def oversell() -> None:
            write(tally, interested=2)
            write(tally, going=4)

        with pytest.raises(IntegrityError):
            oversell()
        assert (Tally.objects.get().interested, Tally.objects.get().going) == (0, 0)

    @pytest.mark.parametrize("transaction_of", [brief_transaction, transaction.atomic])
    def test_refusal_writes_nothing(self, tally: Tally, transaction_of: Any) -> None:
        """Also one that an outer transaction raises after the brief one has ended."""

        def refuse() -> None:
            with transaction_of():
                with brief_transaction():
                    write(tally, going=2)
                assert Tally.objects.get().going == 2
                raise LookupError

        with pytest.raises(LookupError):
            refuse()
        assert Tally.objects.get().going == 0

    def test_on_commit_follows_the_commit(self, tally: Tally) -> None:
        seen: list[int] = []
        with brief_transaction():
            write(tally, going=2)
            transaction.on_commit(lambda: seen.append(Tally.objects.get().going))
            assert seen == []
        assert seen == [2]
