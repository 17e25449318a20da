"""Measures the cases in turns, so that a busy minute of the machine falls on all of them."""

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import median
from typing import Any

from benchmarks.endpoints.cases import Case
from benchmarks.endpoints.floors import Transactions
from benchmarks.product.client import Connection, Load, Sent, request, send_from
from benchmarks.product.environment import connect
from benchmarks.product.machine import cpu_ms, since, spin
from benchmarks.product.server import Server

ALONE_S, LOADED_S, FLOOR_S = 0.6, 0.6, 0.4
TRANSACTIONS = 40
BARE = 250


@dataclass
class Cost:
    """CPU milliseconds of a request, and of the calibration loop next to it, in each round."""

    web: list[float] = field(default_factory=list)
    postgres: list[float] = field(default_factory=list)
    spin: list[float] = field(default_factory=list)


@dataclass
class Measured:
    case: Case
    size: int = 0
    statements: int = 0
    cost: Cost = field(default_factory=Cost)
    view: Cost = field(default_factory=Cost)
    sql: Cost = field(default_factory=Cost)
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def row(self, spin_ms: float) -> dict[str, Any]:
        """Return the medians, with CPU times as on a machine whose loop takes `spin_ms`."""
        web, postgres = _median(self.cost, spin_ms)
        floor, sql = sum(_median(self.view, spin_ms)), sum(_median(self.sql, spin_ms))
        ms = sorted(seconds * 1000 for seconds in self.seconds)
        return {
            "name": self.case.name,
            "web_ms": web,
            "postgres_ms": postgres,
            "statements": self.statements,
            "bytes": self.size,
            "floor_ms": floor,
            "sql_ms": sql if self.case.sql else None,
            "ratio": (web + postgres) / floor,
            "p50_ms": _share(ms, 0.50),
            "p95_ms": _share(ms, 0.95),
            "p99_ms": _share(ms, 0.99),
            "per_s": median(self.rates) if self.rates else None,
        }


def _share(values: list[float], share: float) -> float:
    """Return the value below which this share of the sorted values is."""
    return values[int(len(values) * share)]


def _median(cost: Cost, spin_ms: float) -> tuple[float, float]:
    def normal(values: list[float]) -> float:
        pairs = zip(values, cost.spin, strict=True)
        return median(value * spin_ms / spin for value, spin in pairs) if values else 0.0

    return normal(cost.web), normal(cost.postgres)


class Rounds:
    """Measures cases on one server, from other processes."""

    def __init__(self, server: Server, clients: Executor, tokens: Sequence[str]) -> None:
        self._server, self._clients, self._tokens = server, clients, tokens
        self._sql = connect()

    def close(self) -> None:
        self._sql.close()

    def begin(self, case: Case) -> Measured:
        """Play a round that does not count, so that each process has done all of this before."""
        with closing(Connection(self._server.port)) as connection:
            [response] = [connection.send(each) for each in case.requests(1)]
        assert response.status == case.status, (case.name, response)
        self.play(Measured(case, size=len(response.body)))
        return Measured(case, size=len(response.body))

    def play(self, measured: Measured) -> None:
        case = measured.case
        if case.alone:
            sent = self._send(measured.cost, [case.requests(case.alone)], case.status, ALONE_S)
            if not case.loaded:
                measured.seconds += sent.seconds
        if case.loaded:
            requests = case.requests(case.loaded)
            lanes = [requests[first :: case.connections] for first in range(case.connections)]
            cost = Cost() if case.alone else measured.cost
            sent = self._send(cost, lanes, case.status, LOADED_S)
            measured.seconds += sent.seconds
            measured.rates.append(sent.rate)
        bare = [request("GET", f"/api/bare/{measured.size}/", token) for token in self._tokens]
        self._send(measured.view, [list(islice(cycle(bare), BARE))], 200, FLOOR_S)
        if case.sql:
            self._execute(measured.sql, case.sql)

    def _send(self, cost: Cost, lanes: list[list[bytes]], status: int, seconds: float) -> Sent:
        web, postgres = cpu_ms(self._server.workers()), cpu_ms(self._server.backends())
        loop = spin()
        sent = send_from(self._clients, Load(self._server.port, lanes, status, seconds))
        cost.spin.append((loop + spin()) / 2)
        cost.web.append(since(web, self._server.workers()) / sent.number)
        cost.postgres.append(since(postgres, self._server.backends()) / sent.number)
        return sent

    def _execute(self, cost: Cost, transactions: Transactions) -> None:
        backend = [self._sql.info.backend_pid]
        loop, client, postgres = spin(), time.thread_time(), cpu_ms(backend)
        with self._sql.cursor() as cursor:
            for statements in islice(transactions, TRANSACTIONS):
                for statement in statements:
                    cursor.execute(statement)
                    if cursor.description:
                        cursor.fetchall()
        cost.web.append((time.thread_time() - client) * 1000 / TRANSACTIONS)
        cost.postgres.append(since(postgres, backend) / TRANSACTIONS)
        cost.spin.append((loop + spin()) / 2)
