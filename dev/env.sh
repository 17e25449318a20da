#!/bin/sh
# Writes a .env for trying things out, where there is none: a fresh key, and DEBUG on.
set -eu
cd "$(dirname "$0")/.."
[ -f .env ] && exit 0
key=$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))')
umask 077
printf 'DEBUG=on\nSECRET_KEY=%s\n' "$key" >.env
echo "Wrote .env with a fresh SECRET_KEY and DEBUG=on" >&2
