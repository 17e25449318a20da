"""Functions of PostgreSQL that keep the plans of queries, first of all that of events."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from core.database.functions import PLAN_SETTINGS, QueryFunction
from events import cards
from events.models import Event
from rsvp.services import join_event, under_lock
from tests.factories import CategoryFactory, EventFactory, TagFactory

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def execute(sql: str, params: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def names(prefix: str) -> list[str]:
    found = execute("SELECT proname FROM pg_proc WHERE proname ^@ %s ORDER BY oid", [prefix])
    return [name for (name,) in found]


def drop(function: QueryFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop a function, and let this process look for it again."""
    monkeypatch.setattr(function, "_callable_in", set())
    monkeypatch.setattr(function, "_look_again_at", 0.0)
    execute(f"DROP FUNCTION {function.name}")


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop the function, as in a database that `migrate` has not reached."""
    drop(cards.rows_function(), monkeypatch)
    assert names("events_rows_") == []


def rows_of(events: list[Event], reader: User) -> list[cards.Row]:
    query = cards.CardQuery(Event.objects.filter(pk__in=[e.pk for e in events]).order_by("-pk"))
    return query.rows(reader, limit=len(events))


@pytest.mark.usefixtures("missing")
class TestMissingFunction:
    def test_migrate_creates_it(self) -> None:
        for _ in range(2):
            call_command("migrate", verbosity=0)
            assert names("events_rows_") == [cards.rows_function().name]

    def test_same_rows_are_read_before_and_after_its_creation(
        self, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        category, tags = CategoryFactory.create(), TagFactory.create_batch(2)
        events = EventFactory.create_batch(3, category=category)
        events[0].tags.set(tags)
        join_event(event_id=events[1].pk, attendee=ada)
        before = rows_of(events, ada)
        function = cards.rows_function()
        function.create(using="default")
        assert rows_of(events, ada) == before
        monkeypatch.setattr(function, "_look_again_at", 0.0)  # ten seconds later
        assert rows_of(events, ada) == before
        assert function._callable_in == {"default"}
        assert [row[0] for row in before] == [event.pk for event in reversed(events)]

    def test_user_who_may_not_call_it_reads_without_it(self, ada: User) -> None:
        function = cards.rows_function()
        function.create(using="default")
        execute(f"REVOKE EXECUTE ON FUNCTION {function.name} FROM PUBLIC")
        role = f"reader_of_{connection.settings_dict['NAME']}"  # roles are of all databases
        execute(f"CREATE ROLE {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        event = EventFactory.create()
        execute(f"SET LOCAL ROLE {role}")
        assert [row[0] for row in rows_of([event], ada)] == [event.pk]


def test_rsvp_without_the_function_is_the_same(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = []
    for is_missing in (False, True):
        if is_missing:
            drop(under_lock.reading_function(), monkeypatch)
        event = EventFactory.create(max_attendees=1)
        statuses.append(join_event(event_id=event.pk, attendee=ada)[0].status)
    assert statuses == ["going", "going"]
    assert names("rsvp_reading_") == []


def test_other_text_gives_another_function() -> None:
    first, second = (
        QueryFunction(
            "test_rows", params=["integer"], columns="number integer", sql=f"SELECT $1 + {more}"
        )
        for more in (1, 2)
    )
    for function in (first, second, first):
        function.create(using="default")
    assert names("test_rows_") == [first.name, second.name]
    results = [execute(function.query("5", using="default")) for function in (first, second)]
    assert results == [[(6,)], [(7,)]]


WITHOUT_INDEXES = dict.fromkeys(
    ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"), "off"
)


@pytest.mark.parametrize(
    ("function", "types", "args"),
    [
        (cards.rows_function, "bigint[], bigint", "'{1}', 1"),
        (under_lock.reading_function, "bigint, bigint", "1, 1"),
    ],
    ids=["rows", "reading"],
)
def test_plan_without_statistics_uses_indexes_only(
    function: Callable[[], QueryFunction], types: str, args: str
) -> None:
    """The control may use no indexes. By default, the plan depends on the size of the tables."""
    execute(f"PREPARE query ({types}) AS {function().sql}")
    plans = []
    for settings in (PLAN_SETTINGS, WITHOUT_INDEXES):
        for name, value in settings.items():
            execute(f"SET LOCAL {name} = {value}")
        execute("DISCARD PLANS")
        plans.append("\n".join(line for (line,) in execute(f"EXPLAIN EXECUTE query ({args})")))
    execute("DEALLOCATE query")
    assert ["Seq Scan" in plan or "Hash" in plan for plan in plans] == [False, True], plans
