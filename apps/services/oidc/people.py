"""The person who belongs to a sign-in at the provider: found, made or linked; and their roles."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import NotAllowed, NotFound
from apps.exceptions.oidc import AlreadyLinked, LastSignIn, SignUpOff
from apps.models import Identity, User
from apps.models.events import Kind
from apps.models.names import tidy, tidy_username
from apps.models.oidc import digest_of
from apps.services import events, unit_of_work, users
from apps.services.oidc.flow import Claims
from apps.services.shared import passwords

_LONGEST = 150


@dataclass(frozen=True)
class SignIns:
    """A person's linked sign-ins, as their own page shows them. `provider` is the name of the provider with which they
    can sign in now; it is empty if there is none. `last` is the one that can't be unlinked."""

    provider: str
    identities: list[Identity]
    last: Identity | None


def is_known(*, claims: Claims) -> bool:
    """Whether somebody here belongs to these claims."""
    return Identity.objects.all().known(claims.issuer, claims.subject) is not None


def sign_in(*, claims: Claims) -> User:
    """The active person who belongs to these claims; one who signs in for the first time is made. Where groups are
    configured, the person's roles follow their groups.

    Raises `SignUpOff`, and `NotAllowed` if the person is deactivated.
    """
    identity = Identity.objects.all().known(claims.issuer, claims.subject) or _signed_up(claims)
    if not identity.user.is_active:
        raise NotAllowed(
            gettext("%(username)s is deactivated here; ask an admin.") % {"username": identity.user.username}
        )

    def work() -> User:
        Identity.objects.filter(pk=identity.pk).update(last_used_at=timezone.now())
        if roles := _roles(claims.groups):
            changed = users.follow_groups(user_id=identity.user_id, roles=roles)
            if changed:
                events.note(
                    Kind.ROLES_FOLLOWED, actor_id=identity.user_id, user_id=identity.user_id, data=dict(changed)
                )
        return User.objects.get(pk=identity.user_id)

    return unit_of_work.run(work)


def link(*, actor: User, claims: Claims) -> None:
    """Link a sign-in to `actor`, who can sign in with it from now on; nothing changes if it is linked to them already.

    Raises `AlreadyLinked` if it is somebody else's.
    """

    def work() -> Identity:
        known = Identity.objects.all().known(claims.issuer, claims.subject)
        return known or _linked(actor, claims, Kind.SIGN_IN_LINKED)

    if unit_of_work.run(work, restart_on=IntegrityError).user_id != actor.pk:
        raise AlreadyLinked(
            gettext("This account at %(provider)s is linked to somebody else.") % {"provider": settings.TOGO_OIDC_NAME}
        )


def unlink(*, actor: User, identity_id: int) -> None:
    """Unlink a sign-in of `actor`. Raises `NotFound`, and `LastSignIn` if they couldn't sign in any more."""

    def work() -> None:
        # The person's row is locked, so that two calls at once don't take away the last two.
        person = User.objects.get_queryset().filter(pk=actor.pk).locked().get()
        identity = Identity.objects.all().of(person).filter(pk=identity_id).first()
        if identity is None:
            raise NotFound(
                gettext("There is no linked sign-in with the id %(identity_id)s.") % {"identity_id": identity_id}
            )
        if identity == _last_way_in(person):
            raise LastSignIn(gettext("You couldn’t sign in any more; this sign-in stays linked."))
        identity.delete()
        events.note(Kind.SIGN_IN_UNLINKED, actor_id=actor.pk, user_id=actor.pk, data={"issuer": identity.issuer})

    unit_of_work.run(work)


def sign_ins_of(*, actor: User) -> SignIns:
    """The sign-ins that are linked to `actor`."""
    provider = settings.TOGO_OIDC_NAME if settings.TOGO_OIDC_ISSUER else ""
    identities = list(Identity.objects.all().of(actor))
    return SignIns(provider=provider, identities=identities, last=_last_way_in(actor))


def _last_way_in(person: User) -> Identity | None:
    """The linked sign-in without which the person couldn't sign in any more; None if they have another way."""
    if passwords.is_way_in_for(person):
        return None
    ways = list(Identity.objects.all().of(person).filter(issuer=settings.TOGO_OIDC_ISSUER)[:2])
    return ways[0] if len(ways) == 1 else None


def _signed_up(claims: Claims) -> Identity:
    """The identity of a new person, or the one that another request made at the same time."""
    if not settings.TOGO_OIDC_SIGNUP:
        raise SignUpOff(
            gettext(
                "Nobody here is linked to this account. If you have a password here, sign in with "
                "it, and link the account on your own page; else ask an admin."
            )
        )
    given, family = _name(claims.profile, "given_name"), _name(claims.profile, "family_name")
    if not given and not family:
        given = _name(claims.profile, "name")
    for username in _usernames(claims.profile):

        def work(username: str = username) -> Identity:
            person = User.objects.create_user(username, first_name=given, last_name=family)
            return _linked(person, claims, Kind.SIGNED_UP)

        try:
            return unit_of_work.run(work)
        except IntegrityError:
            # The username is taken, or the same person signs in twice at once.
            if known := Identity.objects.all().known(claims.issuer, claims.subject):
                return known
    raise AssertionError("A random username was taken.")


def _linked(person: User, claims: Claims, kind: Kind) -> Identity:
    identity = Identity.objects.create(
        user=person,
        issuer=claims.issuer,
        subject=claims.subject,
        digest=digest_of(claims.issuer, claims.subject),
        name=(_text(claims.profile, "preferred_username") or _text(claims.profile, "email"))[:255],
    )
    events.note(kind, actor_id=person.pk, user_id=person.pk, data={"issuer": claims.issuer})
    return identity


def _roles(groups: frozenset[str] | None) -> users.Roles:
    """The roles that these groups give and deny; a role without configured groups isn't among them."""
    roles = users.Roles()
    if groups is None:
        return roles
    if settings.TOGO_OIDC_ADMIN_GROUPS:
        roles["is_admin"] = not groups.isdisjoint(settings.TOGO_OIDC_ADMIN_GROUPS)
    if settings.TOGO_OIDC_TASKMASTER_GROUPS:
        roles["is_taskmaster"] = not groups.isdisjoint(settings.TOGO_OIDC_TASKMASTER_GROUPS)
    return roles


def _usernames(profile: dict[str, Any]) -> Iterator[str]:
    """Usernames to try: the one that the person has at the provider, then with numbers, then with random letters."""
    wanted = _text(profile, "preferred_username") or _text(profile, "email").partition("@")[0] or _text(profile, "name")
    base = re.sub(r"[^\w.@+-]+", ".", tidy_username(wanted)).strip(".")[: _LONGEST - 10] or "person"
    # The demonstration's usernames belong to passwords that everyone knows.
    if base not in users.DEMO_PASSWORDS:
        yield base
    for number in range(2, 10):
        yield f"{base}-{number}"
    for _ in range(3):
        yield f"{base}-{secrets.token_hex(4)}"


def _name(profile: dict[str, Any], claim: str) -> str:
    return tidy(_text(profile, claim))[:_LONGEST].strip()


def _text(profile: dict[str, Any], claim: str) -> str:
    """The claim without what can't be printed; empty if it is missing or isn't text."""
    value = profile.get(claim)
    return "".join(filter(str.isprintable, value)).strip() if isinstance(value, str) else ""
