"""A plot of cost against the number of events, as SVG, with logarithmic axes."""

from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 860, 560
LEFT, RIGHT, TOP, BOTTOM = 60, 230, 30, 50
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555", "#8c564b")
_LABEL_HEIGHT = 15


def plot(lines: dict[str, dict[int, float]], title: str) -> str:
    """Return the drawing of each line's milliseconds by size."""
    sizes = sorted({size for line in lines.values() for size in line})
    costs = [ms for line in lines.values() for ms in line.values()]
    lowest, highest = floor(log10(min(costs))), ceil(log10(max(costs)))

    def x(size: int) -> float:
        share = log10(size / sizes[0]) / (log10(sizes[-1] / sizes[0]) or 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(ms: float) -> float:
        share = (log10(ms) - lowest) / ((highest - lowest) or 1)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 18, title, "start", "#222")]
    for power in range(lowest, highest + 1):
        height = y(10.0**power)
        parts.append(_line([(LEFT, height), (WIDTH - RIGHT, height)], "#ddd"))
        parts.append(_text(LEFT - 8, height + 4, f"{10.0**power:g} ms", "end", "#555"))
    for size in sizes:
        parts.append(_text(x(size), HEIGHT - BOTTOM + 20, f"{size:,} events", "middle", "#555"))
    labels = sorted(lines, key=lambda name: -lines[name][max(lines[name])])
    last = 0.0
    for name, colour in zip(labels, _repeat(len(labels)), strict=True):
        points = [(x(size), y(ms)) for size, ms in sorted(lines[name].items())]
        parts.append(_line(points, colour))
        last = max(points[-1][1] + 4, last + _LABEL_HEIGHT)  # labels do not overlap
        ms = lines[name][max(lines[name])]
        parts.append(_text(WIDTH - RIGHT + 8, last, f"{name}: {ms:.1f}", "start", colour))
    style = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    background = '<rect width="100%" height="100%" fill="white"/>'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {style}>\n{background}\n{body}\n</svg>\n'


def _repeat(number: int) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(number)]


def _line(points: list[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}>{escape(text)}</text>"
