"""Queries in functions of PostgreSQL, which each connection of the server plans once.

A client can't keep plans behind PgBouncer: in transaction mode, its next statement goes to another
connection of the server. The function has the same plan on each of them.
"""

import re
import time
from collections.abc import Callable, Sequence
from hashlib import blake2s
from typing import Any, Literal

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate

_LOOKS_EVERY_S = 10
# Plans are made before tables have statistics, and are kept: they must not depend on the number of
# rows. A query that belongs in a function finds all of its rows by indexes.
PLAN_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class QueryFunction:
    """A function with the SQL of a query, in which the parameters are `$1`, `$2` and so on.

    `columns` are the names and exact types of the rows. The name of the function depends on all of
    its text, so that each version of the code has its own. None is ever dropped: while servers are
    replaced one by one, the previous version still calls its own.

    `volatility` is VOLATILE if the query locks rows or takes numbers of sequences.
    """

    def __init__(
        self,
        prefix: str,
        *,
        params: Sequence[str],
        columns: str,
        sql: str,
        volatility: Literal["STABLE", "VOLATILE"] = "STABLE",
    ) -> None:
        self.sql = sql
        settings = " ".join(f"SET {name} = {value}" for name, value in PLAN_SETTINGS.items())
        types = ", ".join(params)
        self._definition = (
            f"({types}) RETURNS TABLE ({columns}) LANGUAGE plpgsql "
            f"{volatility} PARALLEL RESTRICTED {settings} "
            f"AS $function$ #variable_conflict use_column\nBEGIN RETURN QUERY {sql}; END $function$"
        )
        self.name = f"{prefix}_{blake2s(self._definition.encode(), digest_size=6).hexdigest()}"
        self._signature = f"{self.name}({types})"
        self._names = ", ".join(f"arg{number}" for number, _ in enumerate(params, start=1))
        self._callable_in: set[str] = set()
        self._look_again_at = 0.0

    def create(self, *, using: str) -> None:
        """Create the function, unless it can be called already."""
        if self._is_callable(using):
            return
        with transaction.atomic(using), connections[using].cursor() as cursor:
            # Two of them at the same time would both insert it.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [self.name])
            cursor.execute(f"CREATE OR REPLACE FUNCTION {self.name} {self._definition}")

    def query(self, args: str, *, using: str) -> str:
        """Return SQL that has the rows for these arguments.

        Without the function it is the query itself. A process looks for the function every ten
        seconds until it finds it.
        """
        if using not in self._callable_in and time.monotonic() > self._look_again_at:
            self._look_again_at = time.monotonic() + _LOOKS_EVERY_S
            if self._is_callable(using):
                self._callable_in.add(using)
        if using in self._callable_in:
            return f"SELECT * FROM {self.name}({args})"  # noqa: S608
        query = re.sub(r"\$(\d)", r"(SELECT arg\1 FROM args)", self.sql)
        return f"WITH args ({self._names}) AS MATERIALIZED (SELECT {args}) {query}"

    def _is_callable(self, using: str) -> bool:
        with connections[using].cursor() as cursor:
            cursor.execute(
                "SELECT has_function_privilege(to_regprocedure(%s), 'EXECUTE')", [self._signature]
            )
            [is_callable] = cursor.fetchone()
        return bool(is_callable)


def create_after_migrations(function: Callable[[], QueryFunction], *, app: AppConfig) -> None:
    """Create the function at the end of `migrate`, whose database user may do so."""

    def create(*, using: str, **_: Any) -> None:
        if connections[using].vendor == "postgresql":
            function().create(using=using)

    post_migrate.connect(create, sender=app, weak=False)
