#!/bin/sh
# Stops a worker or beat that has no broker: it would wait for ever.
set -eu
cd "$(dirname "$0")/.."
exec .venv/bin/python - <<'PYTHON'
import sys

from django.core.exceptions import ImproperlyConfigured

try:
    from config.settings import CELERY_BROKER_URL
except ImproperlyConfigured as error:
    sys.exit(str(error))
if not CELERY_BROKER_URL:
    sys.exit(
        "Set CELERY_BROKER_URL=amqp://… first. Without a broker 'make run' does this work itself."
    )
PYTHON
