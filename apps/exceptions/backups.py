"""Why a backup is not taken or not put back. No call of the API does either."""


class BackupRefused(Exception):
    """Nothing was changed; the message says why."""
