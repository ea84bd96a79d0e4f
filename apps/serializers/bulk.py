"""Shapes of many assignments at once."""

from typing import Any

from rest_framework import serializers

from apps.serializers.assignments import AssignmentItemSerializer, AssignmentSerializer
from apps.serializers.base import StrictSerializer
from apps.serializers.problems import ProblemSerializer
from apps.serializers.shapes import shared

HIGHEST_NUMBER = 1000
MODES = [("all", "everything or nothing"), ("each", "every item that fits")]


class BulkItemsField(serializers.ListField):
    """Up to 1,000 assignments. Each is validated separately: an invalid one is refused like one that doesn't fit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=AssignmentItemSerializer(), min_length=1, max_length=HIGHEST_NUMBER, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        """The valid fields of each item, or its `ValidationError`."""
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if len(data) > HIGHEST_NUMBER:
            raise serializers.ValidationError(f"At most {HIGHEST_NUMBER} fit in one request.", "max_length")
        item = shared(AssignmentItemSerializer)
        return [_validated(item, fields) for fields in data]


class BulkSerializer(StrictSerializer):
    """Assignments to create together."""

    assignments = BulkItemsField(help_text="1 to 1,000 assignments.")
    mode = serializers.ChoiceField(
        choices=MODES,
        default="all",
        help_text="`all`: everything or nothing. `each`: every item that fits, in this order.",
    )


class BulkAllSerializer(serializers.Serializer[Any]):
    """The created assignments, in the order of the request."""

    assignments = AssignmentSerializer(many=True)


class BulkResultSerializer(serializers.Serializer[Any]):
    """The result of one item."""

    index = serializers.IntegerField(help_text="The position of the item in the request, from 0.")
    status = serializers.IntegerField(help_text="201, or the status with which a single call would be refused.")
    assignment = AssignmentSerializer(required=False)
    error = ProblemSerializer(required=False)


class BulkEachSerializer(serializers.Serializer[Any]):
    """The result of each item, in the order of the request."""

    results = BulkResultSerializer(many=True)


def _validated(item: AssignmentItemSerializer, data: Any) -> Any:
    try:
        return item.run_validation(data)
    except serializers.ValidationError as error:
        return error
