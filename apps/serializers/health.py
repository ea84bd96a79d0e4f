"""Shapes of the health checks."""

from typing import Any

from rest_framework import serializers


class LivenessSerializer(serializers.Serializer[Any]):
    """The process answers."""

    status = serializers.ChoiceField(choices=["ok"])


class ReadinessSerializer(serializers.Serializer[Any]):
    """Whether ToGo can do its work."""

    status = serializers.ChoiceField(
        choices=["ok", "degraded", "unavailable"],
        help_text="`degraded`: limits aren't set ahead, or the disk is full (`reasons`). `unavailable`: nothing works.",
    )
    reasons = serializers.ListField(child=serializers.CharField(), help_text="What is wrong, and what to check.")
