#!/bin/sh
# Creates .venv and installs a requirements file; quick if nothing changed.
# Usage: dev/setup.sh requirements.txt
set -eu
cd "$(dirname "$0")/.."
requirements=$1
python=${PYTHON:-python3}
stamp=.venv/.installed-$(basename "$requirements" .txt)

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if [ -f "$stamp" ] && [ -z "$(find requirements*.txt constraints.txt -newer "$stamp")" ]; then
    exit 0
fi

command -v "$python" >/dev/null || fail "Install Python 3.11 or newer, then run this again."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old: install Python 3.11 or newer and run: make PYTHON=python3.11 …"

if [ ! -x .venv/bin/python ]; then
    say "Creating .venv"
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        # Debian and Ubuntu have pip for venv in a separate package.
        rm -rf .venv
        package=$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
        say "Installing $package"
        command -v apt-get >/dev/null &&
            as_root apt-get update -qq &&
            as_root apt-get install -y -qq --no-install-recommends "$package" >/dev/null &&
            "$python" -m venv .venv ||
            fail "This Python can't create a virtual environment. Run: sudo apt-get install $package"
    fi
fi

say "Installing $requirements"
# uv is about ten times as fast; pip is used where uv does not work.
if .venv/bin/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null &&
    .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python -r "$requirements" -c constraints.txt 2>/dev/null; then
    :
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements" -c constraints.txt ||
        fail "The packages could not be installed. Check the network, then run this again."
fi
touch "$stamp"
