"""The product's settings for tests: on SQLite, or with TEST_REAL=1 on real servers."""

import os
from uuid import uuid4

IS_REAL = os.environ.get("TEST_REAL") == "1"

os.environ |= {
    "DEBUG": "off",
    "HTTPS": "off",
    "SECRET_KEY": "for-tests-only-" + "x" * 50,
    "RATE_LIMITS": "off",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "LOG_LEVEL": "WARNING",
    "STORAGE_URL": "",
    # In races, fifty threads may wait for long. Tests of these limits set their own.
    "DATABASE_LOCK_TIMEOUT_S": "60",
    "DATABASE_STATEMENT_TIMEOUT_S": "60",
    "WAITERS_PER_EVENT": "1000",
    "EXPORTS_AT_ONCE": "1000",  # test clients leave many files unread
}
# The names start with TEST_ so that tests never write to a Redis that is in use.
for _name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
    os.environ[_name] = os.environ[f"TEST_{_name}"] if IS_REAL else ""
if not IS_REAL:
    del os.environ["DATABASE_URL"]

from config.settings import *  # noqa: E402, F403
from config.settings import BASE_DIR, CACHES, DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

if not IS_REAL:
    # A file, because the threads of a test share it, which they could not do with :memory:.
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / "test.sqlite3")}
# Other workers and other runs share the server. Processes that a test starts share its keys.
_run = os.environ.setdefault("TEST_RUN", uuid4().hex[:8])
_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
CACHES["default"]["KEY_PREFIX"] = f"test-{_run}-{_worker}"
if IS_REAL:
    DATABASES["default"]["ENGINE"] = "tests.postgresql"
    # On a busy machine Redis responds late. After the product's 0.3 s the cache would count as
    # away, and be empty for five seconds.
    REDIS_TIMEOUT_S = 30.0
    CACHES["default"]["OPTIONS"] |= {
        "socket_connect_timeout": REDIS_TIMEOUT_S,
        "socket_timeout": REDIS_TIMEOUT_S,
    }
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# A real hash is slow on purpose, and took most of the suite's time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns about a missing folder
# Tasks run in the test's process. tests/faults has real workers.
CELERY_TASK_ALWAYS_EAGER = True
