"""Kill everything in turn, many times, and count which messages are lost or doubled.

    python -m tests.faults [--rounds N] [--only NAME ...]

Then measure how long a password reset takes behind 10,000 mails (`--only urgent`).

Each fault gets its own plant: servers, web process, worker, beat and mail server.
Exit codes: 0; 1: a promise is broken; 128+N: signal N arrived.
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
from tests.faults.urgent import CROWD, MODES, SETTINGS, URGENT_WITHIN_S, Measured, measure

ROUNDS = 50
URGENT = "urgent"


def report(text: str) -> None:
    sys.stderr.write(f"faults: {text}\n")


def keep_logs(plant: Plant, name: str) -> Path:
    kept = Path(tempfile.mkdtemp(prefix=f"faults-{name}-"))
    for log in plant.box.root.glob("*.log"):
        shutil.copy(log, kept)
    return kept


def play(name: str, rounds: int) -> Outcome:
    """Play all rounds of one fault on one plant."""
    _, scenario = SCENARIOS[name]
    total = Outcome(rounds=0)
    with Plant() as plant:
        for number in range(1, rounds + 1):
            began = time.monotonic()
            outcome = scenario(plant)
            total += outcome
            report(f"{name} {number}/{rounds} in {time.monotonic() - began:.1f} s")
            for broken in outcome.broken:
                report(f"  BROKEN: {broken}")
        late = surplus(plant.mail.mails) - total.doubled
        if late:
            total += Outcome(0, doubled=late, doubled_outside_window=late, broken=["late ones"])
        if total.broken:
            report(f"  logs: {keep_logs(plant, name)}")
    return total


def control() -> Outcome:
    with Plant() as plant:
        return without_sweep(plant)[0]


def measure_urgent() -> dict[str, Measured]:
    """Measure resets behind a crowd in each mode, on a plant of its own."""
    found = {}
    for mode, kind in MODES.items():
        with kind(SETTINGS) as plant:
            found[mode] = measure(plant)
            seconds = ", ".join(f"{reset_s:.2f}" for reset_s in found[mode].resets_s)
            report(f"{mode}: resets in {seconds} s")
            if not found[mode].is_kept:
                report(f"  BROKEN: not under {URGENT_WITHIN_S:.0f} s, or nothing was waiting")
                report(f"  logs: {keep_logs(plant, URGENT)}")
    return found


def urgent_row(mode: str, measured: Measured) -> str:
    cells = (
        mode,
        f"{measured.slowest_s:.2f}",
        f"{measured.receipt_s:.2f}",
        f"{measured.mails_waiting:,}",
    )
    return f"| {' | '.join(cells)} |"


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


def play_all(names: list[str], rounds: int) -> bool:
    """Play each fault and print a table; return whether every promise was kept."""
    outcomes = {name: play(name, rounds) for name in names}
    unswept = control()
    lines = [
        "| fault | rounds | RSVPs | lost | doubled | non-2xx | slowest response ms |",
        "|---|---|---|---|---|---|---|",
        *(row(SCENARIOS[name][0], outcome) for name, outcome in outcomes.items()),
        row("Control: worker's child killed, no sweep", unswept),
    ]
    print("\n".join(lines))  # noqa: T201
    if not unswept.lost:
        report("the control lost nothing: these counts show nothing")
    return bool(unswept.lost) and not any(outcome.broken for outcome in outcomes.values())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    everything = [*SCENARIOS, URGENT]
    parser.add_argument("--only", nargs="+", choices=everything, default=everything)
    options = parser.parse_args()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, note_signal)
    faults = [name for name in options.only if name != URGENT]
    is_kept = [play_all(faults, options.rounds)] if faults else []
    if URGENT in options.only:
        measured = measure_urgent()
        lines = [
            f"| behind {CROWD:,} mails | slowest reset s | receipt s | mails still waiting |",
            "|---|---|---|---|",
            *(urgent_row(mode, measurement) for mode, measurement in measured.items()),
        ]
        print("\n" + "\n".join(lines))  # noqa: T201
        is_kept += [measurement.is_kept for measurement in measured.values()]
    return int(not all(is_kept))


if __name__ == "__main__":
    sys.exit(main())
