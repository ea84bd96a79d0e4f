"""Shapes of errors: RFC 9457."""

from typing import Any

from rest_framework import serializers


class FieldErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with a field."""

    field = serializers.CharField(help_text="The field's name; empty where the body as a whole is wrong.")
    code = serializers.CharField()
    message = serializers.CharField(help_text="What was expected.")


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a call was refused. Further members, by code, are on the page that `type` leads to."""

    type = serializers.CharField(help_text="Where this code is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened this time, and what to do.")
    code = serializers.CharField(help_text="For programs; never changes.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # a field of this name, not the class's property
        many=True, required=False, help_text="For `invalid_request`: the fields."
    )
