#!/bin/sh
# Workers without a broker would wait for ever; without one the server does their work itself.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -c 'from config.settings import CELERY_BROKER_URL as url; raise SystemExit(not url)' && exit 0
echo "Set CELERY_BROKER_URL=amqp://… first. Without a broker 'make run' does this work itself." >&2
exit 1
