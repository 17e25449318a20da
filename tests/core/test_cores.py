"""The default numbers of processes and threads, from the machine and its limits."""

from pathlib import Path

import pytest

from config.cores import within_quotas
from tests.core.test_settings import start

pytestmark = pytest.mark.embedded  # needs no server

UNIT = "0::/system.slice/booking-web.service\n"
UNIT_FOLDER = "system.slice/booking-web.service"


@pytest.mark.parametrize(
    ("quotas", "membership", "cores"),
    [
        ({}, "0::/\n", 8),
        ({".": "max 100000"}, "0::/\n", 8),
        ({".": "200000 100000"}, "0::/\n", 2),
        ({".": "150000 100000"}, "0::/\n", 2),
        ({".": "5000 100000"}, "0::/\n", 1),
        ({".": "1600000 100000"}, "0::/\n", 8),
        ({UNIT_FOLDER: "max 100000", "system.slice": "300000 100000"}, UNIT, 3),
        ({UNIT_FOLDER: "100000 50000", "system.slice": "300000 100000"}, UNIT, 2),
        ({".": "200000 100000"}, "0::/system.slice/docker-1.scope\n", 2),
        ({}, "2:cpu:/\n1:name=systemd:/\n", 8),
    ],
    ids=[
        "no cgroup",
        "no quota",
        "two cores",
        "one and a half",
        "a twentieth",
        "more than the machine",
        "the slice's quota",
        "the unit's quota",
        "a path outside the container",
        "cgroup v1",
    ],
)
def test_quotas_limit_the_cores(
    tmp_path: Path, quotas: dict[str, str], membership: str, cores: int
) -> None:
    for folder, quota in quotas.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "cpu.max").write_text(f"{quota}\n")
    assert within_quotas(8, membership, tmp_path) == cores


REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cores", "env", "numbers"),
    [
        (4, REDIS, "4 8"),
        (64, REDIS, "8 8"),
        (4, REDIS | {"WEB_CONCURRENCY": "12", "WEB_THREADS": "4"}, "12 4"),
        (4, {}, "1 8"),
        (4, {"WEB_CONCURRENCY": "12"}, "1 8"),
    ],
    ids=[
        "one process a core",
        "eight at most",
        "chosen by the operator",
        "without Redis",
        "never more without Redis",
    ],
)
def test_processes_and_threads(cores: int, env: dict[str, str], numbers: str) -> None:
    """Eight processes of eight threads need 64 of the 97 connections that PostgreSQL has."""
    code = f"import config.cores; config.cores.usable_cores = lambda: {cores}\n"
    code += "import config.settings as s; print(s.WEB_CONCURRENCY, s.WEB_THREADS)"
    started = start(code, SECRET_KEY="x" * 50, **env)
    assert started.stdout.split("\n")[0] == numbers
