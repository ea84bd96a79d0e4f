"""How answers are written as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_encode = JSONEncoder().default


class JsonRenderer(JSONRenderer):
    """Writes what Django REST framework's renderer writes, in a tenth of the time."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The JSON text of an answer."""
        if data is not None and self.get_indent(accepted_media_type or "", renderer_context or {}) is None:
            try:
                text = orjson.dumps(data, _encode, orjson.OPT_PASSTHROUGH_DATETIME)
            except TypeError:
                # It takes no keys but texts, no numbers of more than 64 bits, and no halves of surrogate pairs.
                pass
            else:
                # As Django REST framework does, so that the text may stand in a script.
                return text.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
        written: bytes = super().render(data, accepted_media_type, renderer_context)
        return written
