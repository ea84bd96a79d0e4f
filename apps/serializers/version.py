"""Shape of the versions."""

from typing import Any

from rest_framework import serializers


class VersionSerializer(serializers.Serializer[Any]):
    """What answers here."""

    version = serializers.CharField(help_text="The version of ToGo, as in the header `ToGo-Version`.")
    api = serializers.IntegerField(
        help_text="The version of the API; docs/compatibility.md says what may change in it."
    )
