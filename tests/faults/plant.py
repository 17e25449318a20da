"""The whole product as in production, with its own servers, so that tests can kill any part."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any, Self

import psycopg2
import requests

from dev.servers.box import Box, Child, caught_signals, open_box
from dev.servers.kinds import SERVERS, Server
from tests.faults.mail import MailServer
from tests.standins import stripe as stripes
from tests.standins import ticketmaster
from tests.standins.ticketmaster import TicketmasterStandIn

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
# The limits count in Redis, and are too high to refuse anything here.
_LIMITS = ("ANON", "USER", "LOGIN", "REGISTER", "RSVP", "EXTERNAL", "IMPORT")
RATES = {f"THROTTLE_{name}": "1000000/s" for name in _LIMITS}


class Late(Exception):  # noqa: N818  (it states a fact)
    """A condition did not become true in time."""


def wait_until(what: str, is_so: Callable[[], bool], within_s: float) -> None:
    """Wait until the condition is true. Raises Late."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if caught_signals:
            sys.exit(128 + caught_signals[0])
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {within_s:.0f} s")
        time.sleep(0.05)


@dataclass(frozen=True)
class Person:
    address: str
    token: str


class Plant:
    """PostgreSQL, Redis, RabbitMQ, mail server, two providers, gunicorn, Celery worker and beat.

    Each part is a `Child` in its own session, with its log in `box.root`. Leaving the context ends
    all of them and removes the folder.
    """

    box: Box
    postgres: Child
    redis: Child
    rabbitmq: Child
    web: Child
    worker: Child
    beat: Child
    mail: MailServer
    provider: TicketmasterStandIn
    stripe: stripes.Stripe
    url: str

    def __init__(self, settings: str = "tests.faults.settings") -> None:
        self._settings = settings
        self._stack = ExitStack()
        self._servers: dict[Child, tuple[Server, int]] = {}
        self._numbers = count(1)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.box = stack.enter_context(open_box(ports=len(SERVERS) + 4))
            self._start_servers()
            self._start_product(stack)
            self._send_a_first_mail()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # -- Parts --------------------------------------------------------------

    def _start_servers(self) -> None:
        for server in SERVERS:
            program = server.find()
            assert program, f"{server.name} is missing: run `python -m dev.servers install`"
            port = self.box.ports.pop()
            self._servers[server.start(self.box, program, port)] = server, port
        self.postgres, self.redis, self.rabbitmq = self._servers
        for child in self._servers:
            self.wait_for(child)

    def _start_product(self, stack: ExitStack) -> None:
        mail_port, web_port = self.box.ports.pop(), self.box.ports.pop()
        self.mail = MailServer(mail_port)
        self.mail.start()
        stack.callback(self.mail.stop)
        self.provider = stack.enter_context(TicketmasterStandIn())
        self.stripe = stack.enter_context(stripes.Stripe())
        self.url = f"http://127.0.0.1:{web_port}"
        self._env = {
            "DJANGO_SETTINGS_MODULE": self._settings,
            "PYTHONPATH": str(ROOT),
            "DEBUG": "off",
            "HTTPS": "off",
            "SECRET_KEY": "for-faults-only-" + "x" * 50,
            "ALLOWED_HOSTS": "127.0.0.1",
            **self._server_urls(),
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "TICKETMASTER_API_KEY": ticketmaster.KEY,
            "TICKETMASTER_BASE_URL": self.provider.url,
            "STRIPE_SECRET_KEY": stripes.KEY,
            "STRIPE_BASE_URL": self.stripe.url,
            "STRIPE_WEBHOOK_SECRET": stripes.WEBHOOK_SECRET,
            "TWILIO_ACCOUNT_SID": "",
            "FCM_CREDENTIALS_FILE": "",
            "RATE_LIMITS": "on",
            **RATES,
            "HOST": "127.0.0.1",
            "PORT": str(web_port),
            "WEB_CONCURRENCY": "1",
            "WEB_THREADS": "8",
            "LOG_LEVEL": "INFO",
        }
        self.run("migrate", str(ROOT / "manage.py"), "migrate")
        gunicorn = ("-m", "gunicorn", "-c", str(ROOT / "config" / "gunicorn.py"), "config.wsgi")
        self.web = self._spawn("web", *gunicorn)
        self._start_workers()
        self.wait_for(self.web)

    def _server_urls(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self._url(self.postgres),
            "REDIS_URL": self._url(self.redis),
            "CELERY_BROKER_URL": self._url(self.rabbitmq),
        }

    def _start_workers(self) -> None:
        celery = ("-m", "celery", "-A", "config.celery")
        queues = ("--queues", "default,mail,push,imports")
        self.worker = self._spawn(
            "worker", *celery, "worker", *queues, "--concurrency", "2", "-n", "worker@faults"
        )
        self.beat = self._spawn("beat", *celery, "beat")

    def _send_a_first_mail(self) -> None:
        """Wait for a mail, because the worker and the beat have no port to check."""
        event_id = self.create_event(starts_in=timedelta(days=7), seats=None)
        self.post(f"/events/{event_id}/rsvp/", self.sign_up(), status="going").raise_for_status()
        wait_until(
            "a first mail",
            lambda: any(mail.kind == "rsvp_confirmed" for mail in self.mail.mails),
            60,
        )
        # RabbitMQ 3.10 saves its list of quorum queues every half second. If it is killed before
        # that, a new queue never finds a leader again.
        time.sleep(1)

    def _spawn(self, name: str, *arguments: str) -> Child:
        home = self.box.home(name)
        return self.box.spawn(home, [sys.executable, *arguments], SIGTERM, self._env)

    def run(self, name: str, *arguments: str) -> None:
        """Run a Python program with the product's environment to its end."""
        program = self._spawn(name, *arguments)
        assert program.process.wait(120) == 0, self.log(program)

    def _url(self, child: Child) -> str:
        server, port = self._servers[child]
        return server.url.format(port)

    def log(self, child: Child) -> str:
        return (self.box.root / f"{child.name}.log").read_text(errors="replace")

    # -- Control ---------------------------------------------------

    def wait_for(self, child: Child) -> None:
        """Wait until the server or the web process responds."""
        if child in self._servers:
            server, port = self._servers[child]
            self.box.wait(child, port, server.hello, server.answer)
        else:
            hello = b"GET /health/live/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
            self.box.wait(child, int(self.url.rpartition(":")[2]), hello, b" 200 ")

    def start_again(self, child: Child) -> None:
        self.box.respawn(child)
        if child not in (self.worker, self.beat):
            self.wait_for(child)

    def senders(self) -> list[int]:
        """Return the pids of the worker's pool, whose processes send the mails."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.worker.process.pid)],
            capture_output=True,
            text=True,
        )
        return [int(pid) for pid in found.stdout.split()]

    def signal_senders(self, signum: Signals) -> None:
        pids = self.senders()
        assert pids, self.log(self.worker)
        for pid in pids:
            os.kill(pid, signum)

    # -- Data ----------------------------------------------------------

    def post(self, path: str, person: Person | None = None, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {person.token}"} if person else {}
        return requests.post(f"{self.url}/api{path}", json=body, headers=headers, timeout=60)

    def patch(self, path: str, person: Person, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {person.token}"}
        return requests.patch(f"{self.url}/api{path}", json=body, headers=headers, timeout=60)

    def get(self, path: str, person: Person) -> requests.Response:
        headers = {"Authorization": f"Bearer {person.token}"}
        return requests.get(f"{self.url}/api{path}", headers=headers, timeout=60)

    def sign_up(self, **more: Any) -> Person:
        """Register a new user, log in, and verify the address, without which no mails are sent."""
        name = f"person{next(self._numbers)}"
        address = f"{name}@example.com"
        who: dict[str, Any] = {"username": name, "email": address, "password": PASSWORD, **more}
        self.post("/register/", **who).raise_for_status()
        self.query("UPDATE account_emailaddress SET verified = true WHERE email = %s", address)
        response = self.post("/login/", username=name, password=PASSWORD)
        response.raise_for_status()
        return Person(address, response.json()["access"])

    def create_event(
        self, *, starts_in: timedelta, seats: int | None, organizer: Person | None = None
    ) -> int:
        start = datetime.now(UTC) + starts_in
        response = self.post(
            "/events/",
            organizer or self.sign_up(is_organizer=True),
            title="Rooftop Jazz Night",
            description="Three trios, one skyline.",
            location="Dachgarten, Berlin",
            start_time=start.isoformat(),
            end_time=(start + timedelta(hours=3)).isoformat(),
            max_attendees=seats,
            status="published",
        )
        response.raise_for_status()
        return int(response.json()["id"])

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Execute the SQL, commit, and return the rows."""
        connection = psycopg2.connect(self._url(self.postgres))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def outbox(self) -> list[str]:
        """Describe what is still to be planned or sent, one line each.

        Leaves out the mails for verifying an address, which `sign_up` has verified already.
        """
        unplanned = self.query(
            "SELECT user_id, kind FROM notifications_notification WHERE planned_at IS NULL"
        )
        unsent = self.query(
            "SELECT address, status, attempts, due_at, error FROM notifications_delivery d"
            " JOIN notifications_notification n ON n.id = d.notification_id"
            " WHERE d.status <> 'sent' AND n.kind <> 'verify_email'"
        )
        return [f"unplanned {row}" for row in unplanned] + [f"unsent {row}" for row in unsent]


class EmbeddedPlant(Plant):
    """The default without servers: SQLite, and gunicorn's own process sends the mails."""

    def _start_servers(self) -> None:
        """Start none."""

    def _start_workers(self) -> None:
        """Start none."""

    def _server_urls(self) -> dict[str, str]:
        self._database = self.box.root / "embedded.sqlite3"
        return {
            "DATABASE_URL": f"sqlite:///{self._database}",
            "REDIS_URL": "",
            "CELERY_BROKER_URL": "",
        }

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._database, timeout=30)) as connection, connection:
            return connection.execute(sql.replace("%s", "?"), values).fetchall()
