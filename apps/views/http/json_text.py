"""How answers are written as JSON."""

import json
from typing import Any

import orjson
from rest_framework.utils.encoders import JSONEncoder

_default = JSONEncoder().default
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default).encode


def as_json(data: Any) -> bytes:
    """The JSON text of an answer. Times and lazy texts are written as Django REST framework writes them."""
    try:
        return orjson.dumps(data, _default, orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        # It takes only texts as keys, and no numbers of more than 64 bits.
        return _encode(data).encode()
