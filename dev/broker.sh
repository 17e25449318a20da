#!/bin/sh
# Fails without a broker, because a worker or beat would wait for it forever.
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
        "Set CELERY_BROKER_URL=amqp://… first. Without a broker, 'make run' runs the tasks itself."
    )
PYTHON
