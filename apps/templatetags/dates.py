"""Dates, lists and stored sentences in the reader's language. Every template has these, without loading them."""

import datetime

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.services.shared import dates, lists, retelling

register = Library()

_FORMS = {"tight": "D j", "day": "D j M", "short": "j M", "long": "l j F", "full": "l j F Y"}

# {{ date|written:"D j M" }}: Mon 23 Nov. A time is that of TIME_ZONE, as with Django's own filter `date`.
register.filter("written", dates.written, expects_localtime=True)
# {{ delivery.error|retold }}: There is no connection: Connection refused.
register.filter(retelling.retold)
# {{ row.detail|refusal_retold:row.code }}: The day is full.
register.filter(retelling.refusal_retold)
# {{ task }}{% comma %}{{ person }}
register.simple_tag(lists.comma)


@register.filter
def as_time(date: datetime.date, name: str) -> SafeString:
    """A date that a script writes as in the reader's country: as `tight` (Mon 23), a `day` (Mon 23 Nov), `short`
    (23 Nov), `long` (Monday 23 November) or `full` (with the year)."""
    text = dates.written(date, _FORMS[name])
    return format_html('<time datetime="{}" data-as="{}">{}</time>', date.isoformat(), name, text)
