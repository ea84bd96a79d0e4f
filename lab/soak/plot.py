"""Draws line charts over time, as an SVG that is readable on light and dark backgrounds."""

from collections.abc import Mapping, Sequence
from html import escape

Line = Sequence[tuple[float, float]]
_WIDTH, _HEIGHT, _LEFT, _TOP = 360, 130, 48, 26
_COLOURS = ["#3b82c4", "#d97706", "#2f9e63", "#c0427a", "#7c5cd6"]
_STYLE = (
    "<style>text{font:11px system-ui,sans-serif;fill:#555}.t{font-weight:600}.a{stroke:#999;stroke-width:.5}"
    ".l{fill:none;stroke-width:1.5}@media(prefers-color-scheme:dark){text{fill:#bbb}}</style>"
)


def svg(charts: Mapping[str, Mapping[str, Line]]) -> str:
    """The charts in two columns, each with a title and named lines; x is in seconds, y begins at 0."""
    wide, high = _WIDTH + _LEFT + 110, _HEIGHT + _TOP + 34
    drawn = []
    for number, (title, lines) in enumerate(charts.items()):
        x, y = number % 2 * wide, number // 2 * high
        drawn.append(f'<g transform="translate({x + _LEFT},{y + _TOP})">{_chart(title, lines)}</g>')
    height = (len(charts) + 1) // 2 * high
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * wide} {height}">{_STYLE}{"".join(drawn)}</svg>\n'


def _chart(title: str, lines: Mapping[str, Line]) -> str:
    end = max((x for line in lines.values() for x, _ in line), default=1) or 1
    top = max((y for line in lines.values() for _, y in line), default=1) * 1.1 or 1
    parts = [
        f'<text class="t" y="-10">{escape(title)}</text>',
        f'<path class="a" d="M0 0V{_HEIGHT}H{_WIDTH}" fill="none"/>',
        f'<text x="-6" y="8" text-anchor="end">{top:,.0f}</text><text x="-6" y="{_HEIGHT}" text-anchor="end">0</text>',
        f'<text x="{_WIDTH}" y="{_HEIGHT + 14}" text-anchor="end">{end / 60:.0f} min</text>',
    ]
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{x / end * _WIDTH:.1f},{_HEIGHT - y / top * _HEIGHT:.1f}" for x, y in line)
        parts.append(f'<polyline class="l" stroke="{colour}" points="{points}"/>')
        parts.append(f'<text x="{_WIDTH + 8}" y="{10 + 16 * number}" style="fill:{colour}">{escape(name)}</text>')
    return "".join(parts)
