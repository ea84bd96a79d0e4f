"""Dates in the reader's language. Every template has these, without loading them."""

from django.template import Library

from apps.services.shared import dates

register = Library()

# {{ date|written:"D j M" }}: Mon 23 Nov.
register.filter(dates.written)
