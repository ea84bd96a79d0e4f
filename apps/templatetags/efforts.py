"""Efforts and limits in the words of `apps.services.shared.units`."""

from django.template import Library
from django.utils.html import format_html
from django.utils.translation import gettext

from apps.models.effort import DEFAULT_EFFORT, HIGHEST_EFFORT, LOWEST_EFFORT
from apps.services.shared import units

register = Library()

# {{ 3|amount }}: 3 tasks, or 3 h. {{ 2|part:8 }}: 2 of 8 tasks. {{ 3|short }}: 3, or 3 h. {% unit %}: tasks, or h.
register.filter(units.amount)
register.filter(units.part)
register.filter(units.short)
register.simple_tag(units.unit)


@register.simple_tag
def effort_bounds() -> str:
    """The attributes by which a browser refuses an effort out of bounds in a field."""
    return format_html('min="{}" max="{}"', LOWEST_EFFORT, HIGHEST_EFFORT)


@register.filter
def beside_name(effort: int) -> str:
    """An effort to stand behind a task's name, short to see and in words to hear; nothing where it is 1.

    The board has so many names that including a template for each would take noticeably longer.
    """
    if effort == DEFAULT_EFFORT:
        return ""
    return format_html(
        ' <span class="effort" aria-hidden="true">{}</span><span class="sr-only"> ({})</span>',
        units.short(effort),
        gettext("takes %(amount)s") % {"amount": units.amount(effort)},
    )
