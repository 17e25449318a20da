"""Measures how fast mails leave: receipts with a ticket, and a crowd that gets one change.

    python -m benchmarks.mails

One process sends over loopback to a mail server that accepts everything, in another process. The
floor sends the same bytes over one connection, without the outbox.
"""

import multiprocessing
import os
import socketserver
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
    "REDIS_URL": os.environ["TEST_REDIS_URL"],
    "CELERY_BROKER_URL": "",
    "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
    "DEBUG": "off",
    "LOG_LEVEL": "ERROR",
}


class Sink(socketserver.StreamRequestHandler):
    """Accepts every mail."""

    def handle(self) -> None:
        self._say(b"220 sink")
        for line in self.rfile:
            command = line[:4].upper().strip()
            if command == b"DATA":
                self._say(b"354 go ahead")
                while self.rfile.readline() != b".\r\n":
                    pass
            if command == b"QUIT":
                self._say(b"221 bye")
                return
            self._say(b"250 ok")

    def _say(self, response: bytes) -> None:
        self.wfile.write(response + b"\r\n")


def serve(port: Any) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        port.put(server.server_address[1])
        server.serve_forever()


COUNT = 500


def main() -> None:
    port: Any = multiprocessing.Queue()
    sink = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    sink.start()
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{port.get()}"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    try:
        _compare()
    finally:
        sink.terminate()


def _compare() -> None:
    from django.utils import timezone

    from events.models import Event
    from events.notifications import event_data
    from notifications.services import Notice, notify
    from rsvp.notifications import EVENT_CHANGED, REMINDER, RSVP_CONFIRMED

    event = _event_with_crowd()
    print("| mails | mails/s | ms of CPU per mail | SQL statements per mail |\n|---|---|---|---|")
    for kind in (RSVP_CONFIRMED, EVENT_CHANGED, REMINDER):
        context = kind.context.read({"event": event_data(Event.objects.get(pk=event.pk))})
        until = timezone.now() + timedelta(days=1)
        people = event.rsvps.values_list("user", flat=True)
        notify(
            Notice(user_id=pk, kind=kind, event_id=event.pk, context=context, occasion=str(event),
                   useful_until=until)
            for pk in people
        )  # fmt: skip
        _send_all(kind.label)
    _send_bare()


def _event_with_crowd() -> Any:
    from allauth.account.models import EmailAddress
    from django.utils import timezone

    from accounts.models import User
    from events.models import Tally
    from events.services.events import create_event
    from rsvp.models import Rsvp

    names = [f"mail{time.time_ns()}-{number}" for number in range(COUNT)]
    crowd = User.objects.bulk_create(
        User(username=name, email=f"{name}@example.com", is_organizer=True) for name in names
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=each, email=each.email, primary=True, verified=True) for each in crowd
    )
    start = timezone.now() + timedelta(days=7)
    details = {"title": f"Bench {names[0]}", "location": "Here", "start_time": start}
    event = create_event(
        organizer=crowd[0], details=details | {"end_time": start + timedelta(hours=2)}
    )
    Rsvp.objects.bulk_create(Rsvp(event=event, user=each, status="going") for each in crowd)
    Tally.objects.filter(event=event).update(going=COUNT)
    return event


def _send_all(name: str) -> None:
    from django.db import connection

    from notifications.models import Delivery
    from notifications.relay import planning
    from notifications.tasks import relay

    planning.plan_all()
    before = Delivery.objects.filter(status="sent").count()
    statements = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    def send() -> int:
        while relay():
            pass
        return Delivery.objects.filter(status="sent").count() - before

    with connection.execute_wrapper(count):
        _report(name, send, lambda: statements)


def _send_bare() -> None:
    """Send mails that are made already."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    from notifications.models import Notification
    from notifications.rendering import mail

    latest = Notification.objects.select_related("user").latest("id")
    message: EmailMultiAlternatives = mail(latest, latest.user.email)
    ready = message.message().as_bytes()
    smtp: Any
    with get_connection() as smtp:

        def send() -> int:
            for _ in range(COUNT):
                smtp.connection.sendmail("events@example.com", ["x@example.com"], ready)
            return COUNT

        _report("the same bytes, bare (floor)", send, lambda: 0)


def _report(name: str, send: Callable[[], int], statements: Callable[[], int]) -> None:
    began, cpu_began = time.monotonic(), time.process_time()
    sent = send()
    took, cpu = time.monotonic() - began, time.process_time() - cpu_began
    per_mail = statements() / sent
    print(f"| {name} | {sent / took:,.0f} | {cpu / sent * 1000:.2f} | {per_mail:.1f} |", flush=True)


if __name__ == "__main__":
    main()
