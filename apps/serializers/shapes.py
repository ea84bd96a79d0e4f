"""How objects are shown in answers."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from rest_framework import serializers

S = TypeVar("S", bound=serializers.Serializer[Any])


@functools.cache
def shared(serializer: type[S]) -> S:
    """The instance of a serializer that all requests share. Use it for calls that need no data or context of their own.
    Django REST framework copies every field for each new instance, which takes longer than to use them."""
    return serializer()


class ShapeSerializer(serializers.Serializer[Any]):
    """Serializes an object or a dictionary: each field shows the attribute or entry of its name. None becomes null."""

    @classmethod
    def show(cls, instance: Any) -> dict[str, Any]:
        """The fields of an object or a dictionary."""
        return dict(shared(cls).to_representation(instance))

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The fields, in their order."""
        of_object, of_dictionary = self._shown
        return of_dictionary(instance) if isinstance(instance, dict) else of_object(instance)

    @functools.cached_property
    def _shown(self) -> tuple[Callable[[Any], dict[str, Any]], Callable[[Any], dict[str, Any]]]:
        """Functions that show an object and a dictionary. They are written out for these fields, and take half of the
        time of a loop over the fields."""
        return self._written("{}.{}"), self._written("{}[{!r}]")

    def _written(self, get: str) -> Callable[[Any], dict[str, Any]]:
        names: dict[str, Any] = {}
        text = self._entries("one", get, names)
        # Only names of our own classes are put together here.
        written: Callable[[Any], dict[str, Any]] = eval(f"lambda one: {text}", names)  # noqa: S307
        return written

    def _entries(self, one: str, get: str, names: dict[str, Any]) -> str:
        """The text of a dictionary of the fields of `one`; adds to `names` what is used in it.

        The `a` of a source `a.b` is read once for all fields.
        """
        entries = []
        read: set[str] = set()
        for field in self._readable_fields:  # all but those that are write-only
            name, (first, *rest) = field.field_name, str(field.source).split(".")
            value = f"of_{first}" if first in read else get.format(one, first)
            if rest and first not in read:
                read.add(first)
                value = f"(of_{first} := {value})"
            for part in rest:
                value = get.format(value, part)
            if isinstance(field, ShapeSerializer) and field.source == "*":
                value = field._entries(one, get, names)  # noqa: SLF001 - of the same class
            elif (show := _SHOWN_BY.get(type(field))) is None:
                show_it = f"show_{len(names)}"
                names[show_it] = field.to_representation
                value = f"None if (value := {value}) is None else {show_it}(value)"
            elif show:
                value = f"None if (value := {value}) is None else {show}"
            entries.append(f"{name!r}: {value}")
        return f"{{{', '.join(entries)}}}"


# How the `value` of some fields is shown, faster than they do it themselves; empty where a column holds it just as it
# is shown.
_SHOWN_BY: dict[type[serializers.Field[Any, Any, Any, Any]], str] = {
    serializers.IntegerField: "",
    serializers.ChoiceField: "",
    serializers.CharField: "str(value)",
    serializers.DateField: "value if type(value) is str else value.isoformat()",
}
