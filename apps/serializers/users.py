"""Shapes of people."""

from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from rest_framework import serializers

from apps.models import DailyLimit, User
from apps.models.names import tidy_username
from apps.serializers.base import (
    BooleanField,
    PageQuerySerializer,
    PageSerializer,
    QueryBooleanField,
    QueryTextField,
    SecretField,
    StrictSerializer,
    TextField,
)
from apps.serializers.limits import DailyLimitSerializer
from apps.serializers.shapes import ShapeSerializer


class UserSerializer(ShapeSerializer):
    """A person."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="Can sign in and be given tasks.")
    is_taskmaster = serializers.BooleanField(help_text="Assigns tasks to everyone and sets limits.")
    is_admin = serializers.BooleanField(help_text="Manages people; is a taskmaster, too.")


class UserPageSerializer(PageSerializer):
    """A page of people."""

    results = UserSerializer(many=True)


class UserQuerySerializer(PageQuerySerializer):
    """Filters of people."""

    q = QueryTextField(
        required=False, help_text="People for whom every word of this is in the username, the first or the last name."
    )
    is_active = QueryBooleanField(required=False, help_text="Only active people, or only deactivated ones.")


class UserChangeSerializer(StrictSerializer):
    """The fields to change; the others stay."""

    first_name = TextField(required=False, allow_blank=True, max_length=150)
    last_name = TextField(required=False, allow_blank=True, max_length=150)
    is_active = BooleanField(required=False, help_text="Can sign in and be given tasks.")
    is_taskmaster = BooleanField(required=False, help_text="Assigns tasks to everyone and sets limits.")
    is_admin = BooleanField(required=False, help_text="Manages people; is a taskmaster, too.")


class UsernameField(TextField):
    """A username in any form; it is kept in one."""

    def to_internal_value(self, data: Any) -> str:
        """The username as it is kept."""
        return tidy_username(super().to_internal_value(data))


class UserCreateSerializer(UserChangeSerializer):
    """A person."""

    username = UsernameField(
        max_length=150,
        trim_whitespace=False,
        validators=[UnicodeUsernameValidator()],
        help_text="Letters, digits and @ . + - _ only.",
    )
    password = SecretField(max_length=1000, help_text="At least 10 characters, and not easy to guess.")


class PasswordSerializer(StrictSerializer):
    """The old and the new password."""

    old_password = SecretField(max_length=1000)
    new_password = SecretField(max_length=1000, help_text="At least 10 characters, and not easy to guess.")


class MeSerializer(UserSerializer):
    """You, and your limit of today."""

    limit = DailyLimitSerializer(help_text="Your limit of today.")

    @classmethod
    def of(cls, me: User, limit: DailyLimit) -> dict[str, Any]:
        """The fields."""
        return {**UserSerializer.show(me), "limit": DailyLimitSerializer.show(limit)}
