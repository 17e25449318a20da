"""The database and its timeouts."""

from typing import Any

from config.settings.environment import BASE_DIR, env

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 60
_database["CONN_HEALTH_CHECKS"] = True
_IS_SQLITE = _database["ENGINE"] == "django.db.backends.sqlite3"
# Timeouts of the database in seconds, 0 for none (core/database/timeouts.py): for a lock, for one
# statement, and between two statements of a transaction. SQLite has one lock for all writers, so
# its lock timeout is longer, and it has no other timeout.
DATABASE_LOCK_TIMEOUT_S = env.float("DATABASE_LOCK_TIMEOUT_S", default=15 if _IS_SQLITE else 3)
DATABASE_STATEMENT_TIMEOUT_S = env.float("DATABASE_STATEMENT_TIMEOUT_S", default=15)
DATABASE_IDLE_TIMEOUT_S = env.float("DATABASE_IDLE_TIMEOUT_S", default=30)
if _IS_SQLITE:
    # IMMEDIATE takes the write lock at BEGIN. Otherwise a transaction that reads before it writes
    # can fail with "database is locked" without waiting.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_LOCK_TIMEOUT_S or 3600,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
if _database["ENGINE"] == "django.db.backends.postgresql":
    _database["ENGINE"] = "core.database.postgresql"
    _database["OPTIONS"] = {"connect_timeout": 5, **_database.get("OPTIONS", {})}
    # Server-side cursors outlive a transaction, which poolers do not support.
    _database["DISABLE_SERVER_SIDE_CURSORS"] = True
