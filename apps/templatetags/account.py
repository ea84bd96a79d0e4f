"""Puts the scope, the use and the end of an API key or a session into words."""

import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince

from apps.forms.account import SCOPES
from apps.models import ApiKey
from apps.models.api_keys import Scope
from apps.services import sessions

register = template.Library()


@register.filter
def scope(value: str) -> str:
    """What a key with this scope may do."""
    return SCOPES[Scope(value)]


@register.filter
def ago(time: datetime.datetime) -> str:
    """How long ago that was. Uses aren't noted more exactly than to some minutes."""
    return "in the last minutes" if timezone.now() - time < sessions.NOTED else f"{timesince(time, depth=1)} ago"


@register.filter
def expiry(key: ApiKey) -> str:
    """Until when the key works."""
    if key.expires_at is None:
        return "works until it is ended"
    day = date_format(timezone.localtime(key.expires_at), "j F Y")
    return f"expired on {day}" if key.expires_at <= timezone.now() else f"works until {day}"
