"""Shapes of links to calendars."""

from typing import Any

from rest_framework import serializers


class CalendarLinkSerializer(serializers.Serializer[Any]):
    """The link to your calendar. Anyone who knows the link sees the calendar: keep it secret."""

    url = serializers.URLField(help_text="The address, for a calendar program.")
