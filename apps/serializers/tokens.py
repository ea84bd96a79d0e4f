"""Shapes of tokens."""

from typing import Any

from rest_framework import serializers

from apps.serializers.base import SecretField, StrictSerializer, TextField


class CredentialsSerializer(StrictSerializer):
    """A username and password, and a code if the person has turned a second factor on."""

    username = TextField(max_length=150, trim_whitespace=False)
    password = SecretField(max_length=1000)
    otp = SecretField(
        max_length=100,
        required=False,
        help_text="A code of the person's authenticator app, or a recovery code; ignored without a second factor.",
    )


class RefreshSerializer(StrictSerializer):
    """A refresh token."""

    refresh = SecretField(max_length=4000)


class TokenPairSerializer(serializers.Serializer[Any]):
    """Tokens; send `access` as `Authorization: Bearer …`."""

    access = serializers.CharField(help_text="Sent with each call; valid for 15 minutes.")
    refresh = serializers.CharField(help_text="Exchanged once for new tokens; valid for 7 days.")
