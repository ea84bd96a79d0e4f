"""Efforts and limits in the words of `apps.services.shared.units`."""

from django.template import Library

from apps.services.shared import units

register = Library()

# {{ 3|amount }}: 3 tasks, or 3 h. {{ 2|part:8 }}: 2 of 8 tasks. {{ 3|short }}: 3, or 3 h. {% unit %}: tasks, or h.
register.filter(units.amount)
register.filter(units.part)
register.filter(units.short)
register.simple_tag(units.unit)
