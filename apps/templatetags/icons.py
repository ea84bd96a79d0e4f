"""Icons: those of Lucide that ToGo uses, in one file."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_SPRITE = "vendor/lucide-0.460.0/icons.svg"


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """The icon of this name, for the eye only: what it stands for must be written or labelled beside it."""
    return format_html('<svg class="icon-svg" aria-hidden="true"><use href="{}#{}"></use></svg>', static(_SPRITE), name)
