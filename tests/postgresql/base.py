"""The product's database backend, with a flush that takes 6 ms instead of 330 (measured)."""

from typing import Any

from core.database.postgresql import base


class Operations(base.Operations):
    def sql_flush(self, style: Any, tables: Any, **_: Any) -> list[str]:
        """Delete the rows of all tables: TRUNCATE makes new files, also for empty tables.

        Django's foreign keys are checked at the commit, so the order does not matter.
        """
        return [f"DELETE FROM {self.quote_name(table)};" for table in tables]  # noqa: S608


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations
