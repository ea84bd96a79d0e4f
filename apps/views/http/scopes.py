"""What an API key may do: the one place that compares calls with scopes.

A key may never do more than its person. This only takes away from that, before the call looks at anything.
"""

import re

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from apps.exceptions.api_keys import KeyNotAllowed
from apps.models.api_keys import KeyInUse, Scope

_BELOW_USERS = ("assignment", "distribution", "returned", "series", "waiting")
_ASSIGNING = tuple(f"/api/users/{name}/" for name in _BELOW_USERS)
_KEYS = "/api/users/api-key/"
# Secrets by which a program could go on after its key is deleted; the calendar's may not even be read.
_SECRETS = ("/api/users/me/password/", "/api/users/calendar/token/")
# Messages would go on to an address after the key is deleted.
_MESSAGES = "/api/users/me/notification/"
_PEOPLE = re.compile(r"/api/users/(?:[0-9]+/)?", re.ASCII)
_ROLES = {"is_taskmaster", "is_admin"}
_ONLY = {
    Scope.READ: "A key with the scope read may only read.",
    Scope.ASSIGN: f"A key with the scope assign may only read, and make the calls below {', '.join(_ASSIGNING)}.",
}


def require_key_allows(request: Request) -> None:
    """Raise `KeyNotAllowed` if the call was sent with a key that may not make it."""
    key = request.auth
    if not isinstance(key, KeyInUse):
        return
    path, reads = request.path_info, request.method in SAFE_METHODS
    if path.startswith(_SECRETS) or (not reads and _is_for_no_key(path, request)):
        raise KeyNotAllowed(
            "No key may do this; do it on the page of your account, or with an access token.", scope=key.scope
        )
    if not (reads or _covers(key.scope, path)):
        raise KeyNotAllowed(_ONLY[key.scope], scope=key.scope)


def _is_for_no_key(path: str, request: Request) -> bool:
    """Whether this is a change that no key may make."""
    return path.startswith((_KEYS, _MESSAGES)) or (bool(_PEOPLE.fullmatch(path)) and _names_roles(request.data))


def _names_roles(body: object) -> bool:
    """Whether a person is given or denied a role. It doesn't matter which, nor whether that changes anything."""
    return isinstance(body, dict) and not _ROLES.isdisjoint(body)


def _covers(scope: Scope, path: str) -> bool:
    """Whether the scope allows a change there."""
    return scope == Scope.ALL or (scope == Scope.ASSIGN and path.startswith(_ASSIGNING))
