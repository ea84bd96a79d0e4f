"""Shapes of people."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.models import User
from apps.serializers.limits import DailyLimitSerializer


class UserSerializer(serializers.Serializer[User]):
    """A person."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="Can sign in and be given tasks.")
    is_taskmaster = serializers.BooleanField(help_text="Assigns tasks to everyone and sets limits.")
    is_admin = serializers.BooleanField(help_text="Keeps the people; a taskmaster too.")


class MeSerializer(UserSerializer):
    """Oneself, and today's limit."""

    limit = serializers.SerializerMethodField()

    @extend_schema_field(DailyLimitSerializer)
    def get_limit(self, user: User) -> Any:
        """Today's limit."""
        return DailyLimitSerializer(self.context["limit"]).data
