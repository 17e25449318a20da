"""The log: structlog for every line, as text or JSON."""

import logging
import sys
from typing import Any

import structlog

from config.logs import hide_tokens
from config.settings.environment import env

LOG_FORMAT = env.str("LOG_FORMAT", default="console")
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    hide_tokens,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.StackInfoRenderer(),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "log": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Plain, because the default traceback prints local variables, including secrets.
                structlog.processors.format_exc_info,
                hide_tokens,
                structlog.processors.JSONRenderer()
                if LOG_FORMAT == "json"
                else structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                ),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "filters": {"without_traceback": {"()": "config.logs.WithoutTraceback"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "log"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Without its own handlers, which would print every line a second time.
        "django": {"handlers": [], "propagate": True},
        # Refused requests have a line already; crashes are logged with a traceback.
        "django.request": {"level": "ERROR"},
        # Without its own handler, which would print plain text between lines of JSON.
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        # Tasks run every few seconds, mostly without work, and log their work themselves.
        # core.background and django-structlog log those that fail.
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING", "filters": ["without_traceback"]},
        # It warns at each try to connect.
        "kombu.connection": {"level": "ERROR"},
        # It logs at each connection where it found the keys.
        "botocore.credentials": {"level": "WARNING"},
        # It logs eight lines per SMS, with the id of the account.
        "twilio.http_client": {"level": "WARNING"},
        # It logs URLs, and those of providers contain keys.
        "urllib3": {"level": "ERROR"},
    },
}
logging.captureWarnings(LOG_FORMAT == "json")  # else Python prints them as plain text
# The library's parts for streams and tasks (core/request_log.py has the line of a request).
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10
