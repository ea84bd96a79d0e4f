"""Shapes of signing in."""

from typing import Any

from rest_framework import serializers

from apps.serializers.base import SecretField, StrictSerializer, TextField


class CredentialsSerializer(StrictSerializer):
    """A person's name and password."""

    username = TextField(max_length=150, trim_whitespace=False)
    password = SecretField(max_length=1000)


class RefreshSerializer(StrictSerializer):
    """A refresh token."""

    refresh = SecretField(max_length=4000)


class TokenPairSerializer(serializers.Serializer[Any]):
    """Tokens; send `access` as `Authorization: Bearer …`."""

    access = serializers.CharField(help_text="For the calls; good for 15 minutes.")
    refresh = serializers.CharField(help_text="For the next pair, once; good for 7 days.")
