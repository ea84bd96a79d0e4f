"""Puts the scope, the use and the end of an API key or a session into words."""

import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext

from apps.forms.account import SCOPES
from apps.models import ApiKey
from apps.models.api_keys import Scope
from apps.services import sessions
from apps.services.shared import dates

register = template.Library()


@register.filter
def scope(value: str) -> str:
    """What a key with this scope may do."""
    return str(SCOPES[Scope(value)])


@register.filter
def ago(time: datetime.datetime) -> str:
    """How long ago that was. Uses aren't noted more exactly than to some minutes."""
    return (
        gettext("in the last minutes")
        if timezone.now() - time < sessions.NOTED
        else gettext("%(time)s ago") % {"time": timesince(time, depth=1)}
    )


@register.filter
def expiry(key: ApiKey) -> str:
    """Until when the key works."""
    if key.expires_at is None:
        return gettext("works until it is ended")
    is_over = key.expires_at <= timezone.now()
    text = gettext("expired on %(date)s") if is_over else gettext("works until %(date)s")
    return text % {"date": dates.written(timezone.localtime(key.expires_at), "j F Y")}
