"""Errors about backups. Commands raise them; the API has no calls for backups."""


class BackupRefused(Exception):
    """Nothing was changed; the message says why."""
