"""Measures requests per second over HTTP, beside a view that does nothing (the floor).

    make bench

Starts PostgreSQL, Redis and the server on loopback and loads 20,000 events. 16 connections send
requests for five seconds each. The clients share the machine with the server.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles

import requests

CONNECTIONS = 16
SECONDS = 5.0
EVENTS = 20_000
PORT = 8390
BASE = f"http://127.0.0.1:{PORT}"
PASSWORD = "demo-password"  # noqa: S105  (the demo's, for everyone to read)


@dataclass
class Client:
    """One person on one connection."""

    session: requests.Session
    toggles: int = 0

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{BASE}{path}", timeout=30)

    def answer(self, event_id: int) -> requests.Response:
        """Join and leave by turns, so that seats always change."""
        self.toggles += 1
        what = "rsvp" if self.toggles % 2 else "cancel"
        url = f"{BASE}/api/events/{event_id}/{what}/"
        return self.session.post(url, json={"status": "going"}, timeout=30)


def measure(clients: list[Client], ask: Callable[[Client], requests.Response]) -> list[float]:
    """Return the seconds of each response. A response without status 2xx ends the benchmark."""
    end = time.monotonic() + SECONDS

    def work(client: Client) -> list[float]:
        took = []
        while (start := time.monotonic()) < end:
            ask(client).raise_for_status()
            took.append(time.monotonic() - start)
        return took

    with ThreadPoolExecutor(len(clients)) as pool:
        return [seconds for each in pool.map(work, clients) for seconds in each]


def report(name: str, took: list[float], floor: float) -> float:
    rate = len(took) / SECONDS
    cuts = quantiles(took, n=20)
    share = f"{rate / (floor or rate):.0%}"
    print(f"| {name} | {rate:,.0f} | {share} | {cuts[9] * 1000:.0f} | {cuts[18] * 1000:.0f} |")
    return rate


def log_in(username: str) -> Client:
    session = requests.Session()
    body = {"username": username, "password": PASSWORD}
    answer = session.post(f"{BASE}/api/login/", json=body, timeout=30)
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['access']}"
    return Client(session)


def usernames(reader: Client) -> list[str]:
    """Return people of the demo, from the attendees of the event with the most."""
    busiest = reader.get("/api/events/?ordering=popularity&limit=1").json()["results"][0]["id"]
    page = reader.get(f"/api/events/{busiest}/attendees/?limit={CONNECTIONS}").json()
    return [attendee["user"]["username"] for attendee in page["results"]]


def main() -> None:
    env = os.environ | {
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "REDIS_URL": os.environ["TEST_REDIS_URL"],
        "PORT": str(PORT),
        "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
        "HTTPS": "off",
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "WARNING",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=env, check=True)
    # Demo people have a password only with DEBUG; the server runs without it.
    load = [*manage, "load_demo", "--events", str(EVENTS)]
    subprocess.run(load, env=env | {"DEBUG": "on"}, check=True)
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    server = subprocess.Popen(command, env=env | {"DEBUG": "off"})
    try:
        _wait()
        ada = log_in("ada")
        clients = [log_in(name) for name in usernames(ada)]
        full = ada.get("/api/events/?is_full=true&limit=1").json()["results"][0]["id"]
        print("| what | requests/s | of the floor | p50 ms | p95 ms |\n|---|---|---|---|---|")
        floor = report("a view that does nothing", measure(clients, _live), 0)
        for name, path in {
            "my profile": "/api/users/profile/",
            "one event": f"/api/events/{full}/",
            "a page of 20 events": "/api/events/",
            "a search by words": "/api/events/search/?q=jazz",
        }.items():
            report(name, measure(clients, lambda client, path=path: client.get(path)), floor)  # type: ignore[misc]
        report("answers to ONE full event", measure(clients, lambda c: c.answer(full)), floor)
        report("answers, each to another", measure(clients, _spread(clients)), floor)
    finally:
        server.terminate()
        server.wait(60)


def _live(client: Client) -> requests.Response:
    return client.get("/health/live/")


def _spread(clients: list[Client]) -> Callable[[Client], requests.Response]:
    page = clients[0].get(f"/api/events/?ordering=-start_time&limit={CONNECTIONS}").json()
    for client in clients:
        client.toggles = 0  # nobody has joined those yet
    mine = {id(c): e["id"] for c, e in zip(clients, page["results"], strict=True)}
    return lambda client: client.answer(mine[id(client)])


def _wait() -> None:
    for _ in range(100):
        try:
            requests.get(f"{BASE}/health/ready/", timeout=2).raise_for_status()
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
