"""gunicorn's threaded worker, with an extra thread for liveness probes.

The extra thread responds while all others are busy. A new connection waits in the poller, without a
thread, until its first bytes show what it requests. A stopping worker serves the connections that
the kernel has accepted for it, instead of resetting them.
"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_PROBES = (b"GET /health/live/ ", b"HEAD /health/live/ ")
# Probes of Docker, Kubernetes and load balancers have a few hundred bytes.
_PEEK = 2048


class Worker(ThreadWorker):
    def get_thread_pool(self) -> ThreadPoolExecutor:
        self.probes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        pool: ThreadPoolExecutor = super().get_thread_pool()
        return pool

    def enqueue_req(self, conn: Any) -> None:
        """Called in the main thread for each connection that is new or readable."""
        head = _peek(conn.sock)
        if head is None and not conn.data_ready and not conn.initialized:
            self._wait_for_data(conn)
            return
        # Only complete requests: a client that stops in the middle would occupy the one thread.
        is_probe = head is not None and head.startswith(_PROBES) and head.endswith(b"\r\n\r\n")
        pool = self.probes if is_probe else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def set_accept_enabled(self, enabled: bool) -> None:
        """Stop listening when the worker stops, and not only when it has too many connections.

        gunicorn keeps its socket open until its last request has ended. Meanwhile the kernel
        accepts connections that no process serves, and resets them at the end.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            number = -1
            # accept() returns nothing
            while number != self.nr_conns < self.worker_connections:
                number = self.nr_conns
                self.accept(listener)
            listener.close()
        self.sockets: list[Any] = []  # gunicorn calls this method again

    def _wait_for_data(self, conn: Any) -> None:
        """Wait in the poller, as gunicorn does after a thread has waited for five seconds."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _cap_keepalive(self, deadline: float) -> None:
        """Include connections without data, so that a stopping worker does not wait for them."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def _peek(sock: socket.socket) -> bytes | None:
    """Return the received bytes that were not read yet; None if there are none."""
    try:
        return sock.recv(_PEEK, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # a thread will notice, and close it
