"""What pages do with sessions beside Django."""

import re

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from apps.models import User
from apps.services import sessions
from apps.views.http.addresses import address_of

# Anyone may send anything; a database can't hold all of it.
_STRANGE = re.compile(r"[^ -~]")


def note_use(request: HttpRequest) -> None:
    """Note that the person, if the page has one, uses this session."""
    user, key = request.user, request.session.session_key
    if isinstance(user, User) and key:
        agent = _STRANGE.sub("?", request.META.get("HTTP_USER_AGENT", ""))
        sessions.note_use(person=user, session_key=key, address=address_of(request), user_agent=agent)


def stay_signed_in(request: HttpRequest, person: User) -> None:
    """Keep this session, with a new key, after a change that ended all sessions of the person, who is as they are
    now."""
    old = request.session.session_key
    update_session_auth_hash(request, person)
    sessions.rename(old=old, new=request.session.session_key)
