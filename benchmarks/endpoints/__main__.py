"""Measures every important endpoint beside its floors, at one or more numbers of events.

    python -m benchmarks.endpoints [SIZE ...] [--rounds N] [--only WORD ...]

Prints a table for each size, and writes the results to benchmarks/results/, with a plot if there
are several sizes.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.product.environment import prepare

ROUNDS = 5
# So high that they refuse nothing. All limits are counted as in production.
_LIMITS = ("ANON", "USER", "LOGIN", "REFRESH", "RSVP")
RAISED = {f"THROTTLE_{name}": "1000000/min" for name in _LIMITS}
# Check-in is open all year, so that these events are not the first ones of every list.
OPEN_CHECK_IN = {"CHECK_IN_OPENS_MINUTES": str(60 * 24 * 400)}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[20_000])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", default=[""], help="words in the names of requests")
    options = parser.parse_args()
    began = time.monotonic()
    prepare(**RAISED, **OPEN_CHECK_IN)
    from benchmarks.endpoints import report
    from benchmarks.endpoints.run import run
    from benchmarks.product.environment import describe_postgresql
    from benchmarks.product.machine import describe

    results: dict[str, Any] = {"machine": describe() | describe_postgresql(), "sizes": {}}
    spawn = multiprocessing.get_context("spawn")  # Django and its connections stay here
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        ProcessPoolExecutor(2, mp_context=spawn) as clients,
    ):
        for size in sorted(options.sizes):
            found = run(size, options.rounds, options.only, clients, Path(folder))
            results["sizes"][size] = found
            print(report.page(size, found, results["machine"]), flush=True)
    print(f"\n{time.monotonic() - began:.0f} s; written to {report.save(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
