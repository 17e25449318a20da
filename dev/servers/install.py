"""Installs the missing servers and tools."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev.servers.box import say
from dev.servers.kinds import missing
from dev.servers.programs import on_path

MISSING = 3

POLICY = Path("/usr/sbin/policy-rc.d")


def step(*command: str) -> None:
    """Run a command, and show a failure without raising it.

    The set-up script of RabbitMQ's package fails where it can't start a service, although the
    program is installed. The caller looks for the program itself.
    """
    say(" ".join(command))
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        output = done.stdout.decode(errors="replace").splitlines()
        say(f"that exited with {done.returncode}; the end of its output:", *output[-15:])


@contextmanager
def no_services(sudo: Sequence[str]) -> Iterator[None]:
    """Keep Debian's packages from starting services while they are installed.

    An existing policy file stays. Services still start with the next boot, without harm: the
    private ones have other ports and folders.
    Source: /usr/share/doc/init-system-helpers/README.policy-rc.d.gz
    """
    if POLICY.exists():
        yield
        return
    with tempfile.NamedTemporaryFile("w") as policy:
        policy.write("#!/bin/sh\nexit 101\n")
        policy.flush()
        subprocess.run([*sudo, "install", "-m", "755", policy.name, str(POLICY)], check=True)
    try:
        yield
    finally:
        subprocess.run([*sudo, "rm", "-f", str(POLICY)], check=True)


def apt_install(packages: Sequence[str]) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and (not on_path("sudo") or subprocess.run([*sudo, "true"]).returncode):
        say("please run: sudo apt-get install --no-install-recommends " + " ".join(packages))
        return
    # Through `env`, because sudo drops the environment.
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    options = ["--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    step(*apt, "update")
    with no_services(sudo):
        step(*apt, "install", *options, *packages)


def install() -> int:
    wanted = missing()
    if wanted and on_path("apt-get"):
        apt_install([server.apt for server in wanted])
    elif wanted and on_path("brew"):
        step("brew", "install", *(server.brew for server in wanted))
    elif wanted:
        say("please run: brew install " + " ".join(server.brew for server in wanted))
    still = ", ".join(server.name for server in missing())
    say(f"missing: {still}" if still else "all here")
    return MISSING if still else 0
