"""Names weeks as addresses do."""

from django.template import Library

from apps.services.shared import formats

register = Library()

# {{ date|week }}: 2026-W48.
register.filter("week", formats.write_week)
