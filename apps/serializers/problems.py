"""Shapes of errors: RFC 9457."""

from typing import Any

from rest_framework import serializers


class FieldErrorSerializer(serializers.Serializer[Any]):
    """An error in a field."""

    field = serializers.CharField(help_text="The field's name; empty where the body as a whole is wrong.")
    code = serializers.CharField()
    message = serializers.CharField(help_text="The expected value.")


class ProblemSerializer(serializers.Serializer[Any]):
    """The reason for a refusal. The page at `type` explains the further members of each code."""

    type = serializers.CharField(help_text="The address of the page that explains this code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened this time, and what to do.")
    code = serializers.CharField(help_text="The code for programs; it never changes.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # a field of this name, not the class's property
        many=True, required=False, help_text="For `invalid_request`: the invalid fields."
    )
