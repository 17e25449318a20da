"""The results: Markdown to read, and JSON to compare."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.endpoints.plot import costs_of, plot

Row = dict[str, Any]
RESULTS = Path(__file__).parents[1] / "results"
_HEADS = (
    "request", "web ms", "PostgreSQL ms", "SQL", "bytes", "bare view ms", "bare SQL ms",
    "× view", "p50 ms", "p95 ms", "p99 ms", "requests/s",
)  # fmt: skip


def page(size: int, found: Row, machine: Row) -> str:
    """Return everything that was found at one number of events."""
    lines = [
        f"\n### {size:,} events\n",
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, PostgreSQL"
        f" {machine['postgresql']}; load average {found['load']}, calibration loop"
        f" {found['spin_ms']:.1f} ms.\n",
        table(found["rows"]),
        *("\n" + note for note in found["notes"]),
    ]
    return "\n".join(lines)


def table(rows: list[Row]) -> str:
    """Return a table in Markdown, with a row for each kind of request."""
    lines = [f"| {' | '.join(_HEADS)} |", f"|{'---|' * len(_HEADS)}"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    return [
        row["name"],
        f"{row['web_ms']:.2f}",
        f"{row['postgres_ms']:.2f}",
        f"{row['statements']}",
        f"{row['bytes']:,}",
        f"{row['floor_ms']:.2f}",
        "–" if row["sql_ms"] is None else f"{row['sql_ms']:.2f}",
        f"**{row['ratio']:.1f}**",
        f"{row['p50_ms']:,.0f}",
        f"{row['p95_ms']:,.0f}",
        f"{row['p99_ms']:,.0f}",
        "–" if row["per_s"] is None else f"{row['per_s']:,.0f}",
    ]


def save(results: Row) -> Path:
    """Write the results to a file of this minute, with a plot of several sizes; return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d-%H%M}.json"
    path.write_text(json.dumps(results, indent=1) + "\n")
    if len(results["sizes"]) > 1:
        path.with_suffix(".svg").write_text(plot(costs_of([results])))
    return path
