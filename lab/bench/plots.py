"""Writes plots as SVG: lines and bars, with axes and a legend, readable on light and dark backgrounds."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

# `lab/bench/one.py` sets it.
FOLDER = Path(__file__).parent / "results" / "plots"

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 70, 50
# Colours that colour-blind people can tell apart (Okabe and Ito), visible on white and on black.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a8a8a", "#b8860b")
_STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 15px; font-weight: 600 }
.grid { stroke: #8884; stroke-width: 1 } .axis { stroke: #888; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
</style>"""

Points = Sequence[tuple[float, float]]


def lines(name: str, title: str, series: Mapping[str, Points], *, x: str, y: str, log_x: bool = False) -> str:
    """Draw curves; returns the line of Markdown that shows them."""
    xs = sorted({point[0] for points in series.values() for point in points})
    low, high = _scaled(xs[0], log_x), _scaled(xs[-1], log_x)
    top, ticks = _ticks(max(point[1] for points in series.values() for point in points))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        part = (_scaled(point[0], log_x) - low) / ((high - low) or 1)
        return _LEFT + part * (_WIDTH - _LEFT - _RIGHT), _height(point[1], top)

    parts = _frame(title, x, y, ticks, top)
    for value in xs if len(xs) <= 8 else xs[:: math.ceil(len(xs) / 8)]:
        parts.append(_text(place((value, 0))[0], _HEIGHT - _BOTTOM + 18, _number(value), "middle"))
    for (label, points), colour in zip(series.items(), _COLOURS * 9, strict=False):
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(place, sorted(points)))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        for point in points:
            a, b = place(point)
            hint = escape(f"{label}: {_number(point[0])}, {_number(point[1])}")
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"><title>{hint}</title></circle>')
    return _written(name, title, parts + _legend(list(series)))


def bars(name: str, title: str, values: Mapping[str, float], *, y: str) -> str:
    """Draw a bar for each value; returns the line of Markdown that shows them."""
    top, ticks = _ticks(max(values.values()))
    parts = _frame(title, "", y, ticks, top)
    each = (_WIDTH - _LEFT - _RIGHT) / len(values)
    for number, (label, value) in enumerate(values.items()):
        left, up = _LEFT + number * each + each * 0.15, _height(value, top)
        # ToGo's bars stand out.
        colour = _COLOURS[0] if label.startswith("ToGo") else _COLOURS[4]
        size = f'width="{each * 0.7:.1f}" height="{_HEIGHT - _BOTTOM - up:.1f}"'
        parts.append(f'<rect x="{left:.1f}" y="{up:.1f}" {size} fill="{colour}"/>')
        parts.append(_text(left + each * 0.35, up - 5, _number(value), "middle"))
        parts.append(_text(left + each * 0.35, _HEIGHT - _BOTTOM + 18, label, "middle"))
    return _written(name, title, parts)


def _frame(title: str, x: str, y: str, ticks: Sequence[float], top: float) -> list[str]:
    parts = [_text(_LEFT, 22, title, "start", "title")]
    for tick in ticks:
        up = _height(tick, top)
        parts.append(f'<line x1="{_LEFT}" y1="{up:.1f}" x2="{_WIDTH - _RIGHT}" y2="{up:.1f}" class="grid"/>')
        parts.append(_text(_LEFT - 8, up + 4, _number(tick), "end"))
    bottom = _HEIGHT - _BOTTOM
    parts.append(f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}" class="axis"/>')
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, x, "middle"))
    parts.append(f'<g transform="translate(16 {(bottom + _TOP) / 2}) rotate(-90)">{_text(0, 0, y, "middle")}</g>')
    return parts


def _legend(labels: Sequence[str]) -> list[str]:
    parts, left = [], float(_LEFT)
    for label, colour in zip(labels, _COLOURS * 9, strict=False):
        parts.append(f'<rect x="{left:.0f}" y="36" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(left + 17, 46, label, "start"))
        left += 40 + 6.7 * len(label)
    return parts


def _written(name: str, title: str, parts: Sequence[str]) -> str:
    FOLDER.mkdir(parents=True, exist_ok=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
    text = "\n".join([f'{head} width="{_WIDTH}" height="{_HEIGHT}" aria-label="{escape(title)}">', _STYLE, *parts])
    (FOLDER / f"{name}.svg").write_text(f"{text}\n</svg>\n")
    return f"![{title}](results/plots/{name}.svg)"


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'


def _height(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _BOTTOM - _TOP)


def _scaled(value: float, log: bool) -> float:
    return math.log(value) if log else value


def _ticks(highest: float) -> tuple[float, list[float]]:
    """The top of an axis that starts at 0 and includes this value, and its ticks, at round numbers."""
    rough = (highest or 1) / 4
    size = 10 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)
    count = math.ceil(highest / step) or 1
    return count * step, [number * step for number in range(count + 1)]


def _number(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
