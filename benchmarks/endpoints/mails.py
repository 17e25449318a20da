"""The mails of the RSVPs, delivered by a worker after the rounds and counted apart."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.product.environment import connect, database_url
from benchmarks.product.machine import children_of, cpu_ms, since
from benchmarks.product.server import ROOT
from dev.servers.box import free_ports

STARTS_WITHIN_S, MEASURED_S = 60, 10
_SENT = "SELECT count(*) FROM notifications_delivery WHERE status = 'sent' AND channel = 'email'"
_LEFT = """
SELECT (SELECT count(*) FROM notifications_notification WHERE planned_at IS NULL)
    + (SELECT count(*) FROM notifications_delivery WHERE status IN ('pending', 'sending'))
"""


def deliver(log: Path) -> dict[str, Any]:
    """Deliver the outbox to a mail server that keeps nothing; return the rate and the cost."""
    [port] = free_ports(1)
    env = os.environ | {
        "DATABASE_URL": database_url("worker"),
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    sink = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink"]
    worker = [sys.executable, "-m", "celery", "--app", "config.celery", "--quiet", "worker"]
    options = ["--queues", "default,mail,push,imports", "--concurrency", "1", "--beat"]
    with log.open("ab") as output:
        processes = [
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
            for command in ([*sink, "-l", f"127.0.0.1:{port}"], [*worker, *options])
        ]
    try:
        return _measure(processes[1].pid)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


def _measure(worker: int) -> dict[str, Any]:
    """Measure for some seconds after the first mail, or until all are sent."""
    with closing(connect()) as connection, connection.cursor() as cursor:

        def number_of(query: str) -> int:
            cursor.execute(query)
            [(number,)] = cursor.fetchall()
            return int(number)

        earlier, deadline = number_of(_SENT), time.monotonic() + STARTS_WITHIN_S
        while number_of(_SENT) == earlier:
            assert time.monotonic() < deadline, "The worker sent no mail."
            time.sleep(0.1)
        began, before = time.monotonic(), number_of(_SENT)
        spent = cpu_ms(_pids(worker))
        while number_of(_LEFT) and time.monotonic() < began + MEASURED_S:
            time.sleep(0.1)
        number, seconds = max(1, number_of(_SENT) - before), time.monotonic() - began
        return {
            "mails": number,
            "per_s": number / seconds,
            "worker_ms": since(spent, _pids(worker)) / number,
        }


def _pids(worker: int) -> list[int]:
    return [worker, *children_of(worker)]
