"""A ToGo that remembers the keys that it has seen, as it must not: the control of the storm about deleted keys."""

import functools

from togo.wsgi import application

# Django must be set up first.
from apps.models.api_keys import KeyInUse  # isort: skip
from apps.services import api_keys  # isort: skip

__all__ = ["application"]

_read = api_keys.in_use


@functools.cache
def _remembered(key: str) -> KeyInUse | None:
    return _read(key=key)


def _in_use(*, key: str) -> KeyInUse | None:
    return _remembered(key)


api_keys.in_use = _in_use
