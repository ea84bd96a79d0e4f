"""Shapes of links to calendars."""

from typing import Any

from rest_framework import serializers


class CalendarLinkSerializer(serializers.Serializer[Any]):
    """The link to one's own calendar: who knows it sees the calendar, so keep it to yourself."""

    url = serializers.URLField(help_text="For a program that shows calendars.")
