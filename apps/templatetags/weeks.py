"""Weeks as addresses name them."""

from django.template import Library

from apps.services.shared import formats

register = Library()

# {{ date|week }}: 2026-W09, the week of this date.
register.filter("week", lambda date: formats.write_week(formats.monday_of(date)))
