"""A plot of cost against the number of events, as SVG, with logarithmic axes.

    python -m benchmarks.endpoints.plot RESULTS.json ... > PLOT.svg

Several results are put together, so that sizes can be measured at different times.
"""

import json
import sys
from collections.abc import Iterable
from html import escape
from itertools import cycle
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

LINES = (
    "list of 20 events", "list by category", "list, page 500", "one event", "search, rare word",
    "search, common word", "search with facets", "search, within 10 km", "type-ahead",
    "RSVP, many events", "authenticated view that does nothing",
)  # fmt: skip
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 540, 70, 310, 40, 40
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#555555")
_LABEL_HEIGHT = 16
Costs = dict[str, dict[int, float]]


def costs_of(results: Iterable[dict[str, Any]]) -> Costs:
    """Return the CPU milliseconds of web and PostgreSQL, by name and number of events."""
    costs: Costs = {}
    for result in results:
        for size, found in result["sizes"].items():
            for row in found["rows"]:
                if row["name"] in LINES:
                    ms = row["web_ms"] + row["postgres_ms"]
                    costs.setdefault(row["name"], {})[int(size)] = ms
    return costs


def plot(costs: Costs) -> str:
    """Return the drawing."""
    sizes = sorted({size for line in costs.values() for size in line})
    every = [ms for line in costs.values() for ms in line.values()]
    lowest, highest = floor(log10(min(every))), ceil(log10(max(every)))

    def x(size: int) -> float:
        return LEFT + log10(size / sizes[0]) / log10(sizes[-1] / sizes[0]) * (WIDTH - LEFT - RIGHT)

    def y(ms: float) -> float:
        share = (log10(ms) - lowest) / (highest - lowest)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [_text(8, 20, "CPU of a request, web and PostgreSQL, by the number of events")]
    for power in range(lowest, highest + 1):
        height = y(10.0**power)
        parts.append(_line([(LEFT, height), (WIDTH - RIGHT, height)], "#ddd"))
        parts.append(_text(8, height + 4, f"{10.0**power:g} ms"))
    parts += [_text(x(size) - 20, HEIGHT - 14, f"{size:,}") for size in sizes]
    lines = sorted(costs.items(), key=lambda line: -line[1][max(line[1])])
    label = 0.0
    for (name, line), colour in zip(lines, cycle(COLOURS), strict=False):
        points = [(x(size), y(ms)) for size, ms in sorted(line.items())]
        label = max(points[-1][1] + 4, label + _LABEL_HEIGHT)  # labels do not overlap
        text = f"{line[max(line)]:.1f} ms {name}"
        parts += [_line(points, colour), _text(WIDTH - RIGHT + 8, label, text, colour)]
    body = "\n".join(parts)
    style = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13"'
    white = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {style}>\n{white}\n{body}\n</svg>\n'


def _line(points: list[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _text(x: float, y: float, text: str, colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{escape(text)}</text>'


if __name__ == "__main__":
    found = [json.loads(Path(name).read_text()) for name in sys.argv[1:]]
    sys.stdout.write(plot(costs_of(found)))
