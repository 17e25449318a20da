"""The product's settings as the tests need them: on SQLite, or with TEST_REAL=1 on real servers."""

import os

IS_REAL = os.environ.get("TEST_REAL") == "1"

os.environ |= {
    "DEBUG": "off",
    "HTTPS": "off",
    "SECRET_KEY": "for-tests-only-" + "x" * 50,
    "RATE_LIMITS": "off",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "LOG_LEVEL": "WARNING",
    "STORAGE_URL": "",
    # Races are about seats: fifty threads on a slow machine may wait. Their own tests set these.
    "DATABASE_LOCK_TIMEOUT_S": "60",
    "DATABASE_STATEMENT_TIMEOUT_S": "60",
    "WAITERS_PER_EVENT": "1000",
    "EXPORTS_AT_ONCE": "1000",  # test clients leave many unread
}
# The TEST_ names are there so that no test ever flushes somebody's real Redis.
for _name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
    os.environ[_name] = os.environ[f"TEST_{_name}"] if IS_REAL else ""
if not IS_REAL:
    del os.environ["DATABASE_URL"]

from config.settings import *  # noqa: E402, F403
from config.settings import BASE_DIR, CACHES, DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

if not IS_REAL:
    # A file, as in life: the threads of one test share it, which :memory: does not allow.
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / "test.sqlite3")}
CACHES["default"]["KEY_PREFIX"] = os.environ.get("PYTEST_XDIST_WORKER", "main")
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Hashing was most of the suite's time: tests alone may have a cheap one.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns where there is none
# Here tasks run in the test's own process; tests/faults has workers in processes of their own.
CELERY_TASK_ALWAYS_EAGER = True
