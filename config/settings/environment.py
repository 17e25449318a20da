"""The environment: read once, from the process and from `.env`; the process wins."""

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()
environ.Env.read_env(str(BASE_DIR / ".env"))


def checked_rate(variable: str, default: str) -> str:
    rate = str(env.str(variable, default=default))
    if not re.fullmatch(r"[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)", rate):
        raise ImproperlyConfigured(
            f"{variable}={rate!r} is not a rate: write a number and s, min, hour or day, such as "
            "10/min."
        )
    return rate
