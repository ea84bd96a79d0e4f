"""Errors about the archive. The command and the job raise them; the API has no calls for the archive."""


class ArchiveRefused(Exception):
    """Nothing more was archived; the message says why."""
