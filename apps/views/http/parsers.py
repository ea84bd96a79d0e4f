"""Parses request bodies."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser

from apps.exceptions.base import PayloadTooLarge

# Bytes that a form may have beside its file.
_FORM_OVERHEAD = 10_000


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 (RFC 8259) of up to `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes."""

    media_type = "application/json"

    @property
    def limit(self) -> int:
        """The most bytes that a body may have."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body. Raises `ParseError` and `PayloadTooLarge`."""
        limit = self.limit
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge(f"A request may be {limit:,} bytes long.", limit=limit)
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object)
        except UnicodeDecodeError:
            raise ParseError("The body is not in UTF-8.") from None
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from None


class CredentialsParser(StrictJSONParser):
    """JSON of people who aren't signed in yet: large enough for any name, password or token, and no larger."""

    limit = 20_000


class FileFormParser(MultiPartParser):
    """A form with a file of up to `TOGO_IMPORT_MAX_BYTES` bytes. Django keeps a large file on the disk meanwhile."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "DataAndFiles[Any, Any]":
        """The fields and files of the form. Raises `ParseError` and `PayloadTooLarge`."""
        require_upload_fits((parser_context or {})["request"].META)
        limit = settings.TOGO_IMPORT_MAX_BYTES
        try:
            form = super().parse(stream, media_type, parser_context)
        except UnreadablePostError:
            raise ParseError("The form ended before it was complete.") from None
        except SuspiciousOperation as error:
            # Too many parts, or too much text in them.
            raise PayloadTooLarge(str(error), limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
        if any(file.size > limit for _, files in form.files.lists() for file in files):
            raise PayloadTooLarge(f"A file may be {limit:,} bytes long.", limit=limit)
        return form


def longest_upload() -> int:
    """The most bytes that a form with a file may have."""
    longest: int = settings.TOGO_IMPORT_MAX_BYTES + _FORM_OVERHEAD
    return longest


def require_upload_fits(headers: Mapping[str, Any]) -> None:
    """Raise `PayloadTooLarge` if `Content-Length` is too large, before the body is read. The web server reads no more
    bytes than that header says."""
    length = headers.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > longest_upload():
        limit = settings.TOGO_IMPORT_MAX_BYTES
        raise PayloadTooLarge(f"A file may be {limit:,} bytes long.", limit=limit)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in members if names.count(name) > 1)
        raise ValueError(f"an object has {twice!r} more than once")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
