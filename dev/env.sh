#!/bin/sh
# Adds the values that `make run` needs to .env: a SECRET_KEY, and DEBUG=on if no database is set.
# Values that are set stay.
set -eu
cd "$(dirname "$0")/.."

is_set() {
    [ -n "$(printenv "$1" || true)" ] ||
        { [ -f .env ] && grep -Eq "^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*[^[:space:]#]" .env; }
}

is_set SECRET_KEY && exit 0
umask 077
new=$(mktemp .env.XXXXXX)
trap 'rm -f "$new"' EXIT
# An empty SECRET_KEY, as in .env.example, would override a later line.
[ ! -f .env ] || grep -Ev '^[[:space:]]*(export[[:space:]]+)?SECRET_KEY[[:space:]]*=' .env >"$new" || true
wrote="a new SECRET_KEY"
if ! is_set DATABASE_URL && ! is_set DEBUG; then
    echo "DEBUG=on" >>"$new"
    wrote="$wrote and DEBUG=on"
fi
printf 'SECRET_KEY=%s\n' "$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))')" >>"$new"
mv "$new" .env
trap - EXIT
echo "Wrote $wrote to .env" >&2
