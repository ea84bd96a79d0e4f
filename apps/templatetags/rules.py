"""Rules in the words of `apps.services.limit_rules.words`."""

from django.template import Library
from django.utils.translation import pgettext

from apps.services.limit_rules import words
from apps.services.shared import units
from apps.services.shared.picking import Pick

register = Library()

# {{ rule|sentence }}: Saturdays: 2, everyone.
register.filter(words.sentence)


@register.filter
def limit(pick: Pick) -> str:
    """A limit in a calendar: `4`, `4 h`, or `off`."""
    return units.short(pick.maximum) if pick.maximum else pgettext("a day", "off")
