"""A rush to one event, and a second one in which a web process is killed.

    python -m benchmarks.rush [--people N] [--seats N] [--connections N]

Prints what happened. Exit codes: 0; 1 if a promise about seats, positions, responses or receipts
was broken. Times over the targets are reported only, because they depend on the machine.
"""

import argparse
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.product.environment import prepare

PEOPLE, SEATS, CONNECTIONS, PROCESSES = 10_000, 500, 128, 2


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seats", type=int, default=SEATS)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    options = vars(parser.parse_args())
    # No limit is raised: those of RSVPs count by person, and these people have verified addresses.
    prepare(WEB_CONCURRENCY=str(PROCESSES))
    from benchmarks.product.machine import describe
    from benchmarks.rush.passes import play

    machine = describe()
    spawn = multiprocessing.get_context("spawn")  # Django and its connections stay here
    with (
        tempfile.TemporaryDirectory(prefix="rush-") as folder,
        ProcessPoolExecutor(2, mp_context=spawn) as clients,
    ):
        log = Path(folder) / "web.log"
        calm = play(clients, log, is_killed=False, **options)
        killed = play(clients, log, is_killed=True, **options)
    print(
        f"{machine['cpu']}, {machine['cores']} cores, load average {machine['load']} before;"
        f" {options['connections']} connections\n"
    )
    print("| | rush | a web process killed |\n|---|---|---|")
    for (name, first), second in zip(calm.facts().items(), killed.facts().values(), strict=True):
        print(f"| {name} | {first} | {second} |")
    broken = [*calm.broken, *killed.broken]
    print("\n".join(["", *broken]) if broken else "")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
