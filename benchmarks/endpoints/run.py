"""One run: events, people, rounds and statements."""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.endpoints.cases import Case, build_cases
from benchmarks.endpoints.events import grow, settle
from benchmarks.endpoints.rounds import Measured, Rounds
from benchmarks.endpoints.world import build
from benchmarks.product.client import Connection, request
from benchmarks.product.server import Server
from benchmarks.product.statements import CountingProxy
from core.database.timeouts import no_timeouts

_NOTHING = 2  # bytes of the view that does nothing
_NO_ETAG = "The list has no ETag, so an unchanged list (304) is not measured."


def run(
    size: int, rounds: int, only: Sequence[str], clients: Executor, folder: Path
) -> dict[str, Any]:
    """Measure at this number of events; return the rows and what they were measured with."""
    _say(f"loading {size:,} events")
    with no_timeouts():
        grow(size)
        _say("creating people and RSVPs")
        world = build(rounds=rounds + 2)  # one to begin with, one to count statements
        settle()
    with Server(folder / "web.log") as server:
        tokens = [reader.access for reader in world.readers]
        cases = [_floor(tokens), *build_cases(world, port=server.port)]
        notes = [] if any(case.status == 304 for case in cases) else [_NO_ETAG]
        chosen = [case for case in cases if any(word in case.name for word in only)]
        with closing(Rounds(server, clients, tokens)) as played:
            _say("a first round, which does not count")
            measured = [played.begin(case) for case in chosen]
            for number in range(rounds):
                _say(f"round {number + 1} of {rounds}")
                for each in measured:
                    played.play(each)
        _say("counting statements")
        _count_statements(measured, folder / "counted.log")
    spin_ms = median(ms for each in measured for ms in each.cost.spin)
    return {
        "spin_ms": spin_ms,
        "load": round(os.getloadavg()[0], 1),
        "rows": [each.row(spin_ms) for each in measured],
        "notes": notes,
    }


def _say(what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def _floor(tokens: Sequence[str]) -> Case:
    bare = cycle([request("GET", f"/api/bare/{_NOTHING}/", token) for token in tokens])
    return Case("authenticated view that does nothing", lambda number: list(islice(bare, number)))


def _count_statements(measured: Sequence[Measured], log: Path) -> None:
    """Count in a pass of its own, because the proxy takes time."""
    proxy = CountingProxy(os.environ["DATABASE_URL"])
    with (
        Server(log, database_port=proxy.port, WEB_CONCURRENCY="1", WEB_THREADS="1") as server,
        closing(Connection(server.port)) as connection,
    ):
        for each in measured:
            counts = []
            for message in each.case.requests(4):
                before = proxy.statements
                response = connection.send(message)
                assert response.status == each.case.status, response
                counts.append(proxy.statements - before)
            each.statements = int(median(counts[1:]))
