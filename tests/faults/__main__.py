"""Kill everything in turn, many times, and count which messages are lost or doubled.

    python -m tests.faults [--rounds N] [--only NAME ...]

Each fault gets a plant of its own: servers, web process, worker, beat and mail server. Exit
codes: 0; 1: a promise is broken; 128+N: signal N came.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from dev.servers.box import note_signal
from tests.faults.plant import Plant
from tests.faults.rounds import Outcome, surplus
from tests.faults.scenarios import SCENARIOS, without_sweep

ROUNDS = 50


def say(text: str) -> None:
    sys.stderr.write(f"faults: {text}\n")


def keep_logs(plant: Plant, name: str) -> Path:
    kept = Path(tempfile.mkdtemp(prefix=f"faults-{name}-"))
    for log in plant.box.root.glob("*.log"):
        shutil.copy(log, kept)
    return kept


def play(name: str, rounds: int) -> Outcome:
    """All rounds of one fault on one plant."""
    _, scenario = SCENARIOS[name]
    total = Outcome(rounds=0)
    with Plant() as plant:
        for number in range(1, rounds + 1):
            began = time.monotonic()
            outcome = scenario(plant)
            total += outcome
            say(f"{name} {number}/{rounds} in {time.monotonic() - began:.1f} s")
            for broken in outcome.broken:
                say(f"  BROKEN: {broken}")
        late = surplus(plant.mail.mails) - total.doubled
        if late:
            total += Outcome(0, doubled=late, doubled_outside_window=late, broken=["late ones"])
        if total.broken:
            say(f"  logs: {keep_logs(plant, name)}")
    return total


def control() -> Outcome:
    with Plant() as plant:
        return without_sweep(plant)[0]


def row(fault: str, outcome: Outcome) -> str:
    window = outcome.doubled - outcome.doubled_outside_window
    doubled = f"{outcome.doubled}" + (f" ({window} in the window)" if window else "")
    cells = (
        fault,
        outcome.rounds,
        outcome.rsvps,
        outcome.lost,
        doubled,
        outcome.non_2xx,
        f"{outcome.slowest_ms:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    options = parser.parse_args()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, note_signal)
    outcomes = {name: play(name, options.rounds) for name in options.only}
    unswept = control()
    lines = [
        "| fault | rounds | RSVPs | lost | doubled | non-2xx | slowest answer ms |",
        "|---|---|---|---|---|---|---|",
        *(row(SCENARIOS[name][0], outcome) for name, outcome in outcomes.items()),
        row("Control: worker's child killed, nobody sweeps", unswept),
    ]
    print("\n".join(lines))  # noqa: T201
    if not unswept.lost:
        say("the control lost nothing: these counts show nothing")
    return int(not unswept.lost or any(outcome.broken for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
