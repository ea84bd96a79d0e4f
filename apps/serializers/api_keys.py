"""Shapes of API keys."""

from rest_framework import serializers

from apps.models import ApiKey
from apps.models.api_keys import Scope
from apps.serializers.base import (
    PageQuerySerializer,
    PageSerializer,
    QueryIdField,
    QuerySerializer,
    StrictSerializer,
    TextField,
    TimeField,
)


class ApiKeyCreateSerializer(StrictSerializer):
    """A key to make."""

    name = TextField(max_length=255, help_text="What it is for.")
    scope = serializers.ChoiceField(
        choices=Scope.choices,
        help_text="What it may do: `read` only reads; `assign` also makes every call below `/api/users/assignment/`, "
        "`/api/users/distribution/`, `/api/users/series/` and `/api/users/waiting/`; `all` does whatever you may, "
        "except for what no key may do.",
    )
    expires_at = TimeField(required=False, allow_null=True, help_text="When it stops working; null or left out: never.")


class ApiKeySerializer(serializers.Serializer[ApiKey]):
    """An API key, without its secret part."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=Scope.choices)
    prefix = serializers.CharField(help_text="The beginning of the key.")
    created_at = TimeField()
    expires_at = TimeField(allow_null=True, help_text="When it stops working; null: never.")
    last_used_at = TimeField(allow_null=True, help_text="When it was used last, to the minute; null: never.")


class NewApiKeySerializer(ApiKeySerializer):
    """A new API key."""

    key = serializers.CharField(help_text="Send it as `Authorization: Bearer <key>`. It is shown this once.")


class ApiKeyPageSerializer(PageSerializer):
    """A page of keys."""

    results = ApiKeySerializer(many=True)


class ApiKeyOwnerSerializer(QuerySerializer):
    """Whose key it is."""

    user = QueryIdField(required=False, help_text="The keys of this person, for admins; by default your own.")


class ApiKeyQuerySerializer(ApiKeyOwnerSerializer, PageQuerySerializer):
    """A page of the keys of a person."""
