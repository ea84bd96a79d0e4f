"""Pictures of numbers, as SVG that needs no script. The numbers stand in a table or a text beside each."""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.template import Library
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.services.insights import Numbers
from apps.services.shared import dates, formats

register = Library()

_HIGH, _SLOT, _BAR = 100, 10, 8


@register.simple_tag
def bars(numbers: Numbers) -> SafeString:
    """A bar for each row of a table: the first column fills it, and the second one, if there is one, is its frame. Each
    leads to its week on the board."""
    highest = max((max(values) for _, *values in numbers.rows), default=0) or 1
    parts = format_html_join(
        "",
        '<a href="{}/board/?week={}" tabindex="-1"><title>{}: {}</title>'
        '<rect class="slot" x="{}" width="{}" height="{}"/>{}{}</a>',
        (
            (
                settings.TOGO_ROOT,
                formats.write_week(date),
                dates.written(date, "D j M"),
                " / ".join(map(str, values)),
                number * _SLOT,
                _SLOT,
                _HIGH,
                _rect("frame", number, values[1], highest) if len(values) > 1 else "",
                _rect("bar", number, values[0], highest),
            )
            for number, (date, *values) in enumerate(numbers.rows)
        ),
    )
    width = len(numbers.rows) * _SLOT
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        *(width, _HIGH, parts),
    )


@register.simple_tag
def share(*amounts: int, of: int) -> SafeString:
    """A bar that amounts fill one after the other, as parts of `of`."""
    whole = max(of, sum(amounts)) or 1
    starts = [sum(amounts[:number]) for number in range(len(amounts))]
    parts = format_html_join(
        "",
        '<rect class="part{}" x="{}" width="{}" height="4"/>',
        (
            (number, f"{100 * start / whole:.2f}", f"{100 * amount / whole:.2f}")
            for number, (start, amount) in enumerate(zip(starts, amounts, strict=True))
        ),
    )
    return format_html(
        '<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="all" width="{}" height="4"/>{}</svg>',
        f"{100 * of / whole:.2f}",
        parts,
    )


@register.filter
def ends(rows: Sequence[tuple[datetime.date, ...]]) -> list[datetime.date]:
    """The first and the last date of a table."""
    return [rows[0][0], rows[-1][0]] if rows else []


def _rect(name: str, number: int, value: int, highest: int) -> SafeString:
    height = _HIGH * value / highest
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
        *(name, number * _SLOT + (_SLOT - _BAR) // 2, f"{_HIGH - height:.2f}", _BAR, f"{height:.2f}"),
    )
