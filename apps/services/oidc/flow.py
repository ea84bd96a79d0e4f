"""A sign-in at the provider: the code flow of OpenID Connect with PKCE, a state and a nonce.

`begin` leads the browser to the provider, and `finish` checks what it brings back. What `begin` returns is kept in the
browser's session until then, and is good for one answer.
"""

import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from apps.exceptions.oidc import SignInRefused
from apps.services.oidc import provider
from apps.services.oidc.provider import Provider

logger = logging.getLogger(__name__)

# Signatures by the provider's private key only: never `none`, nor one by a secret that ToGo knows, too.
_ALGORITHMS = [f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512)] + ["EdDSA", "Ed25519"]
_KINDS_OF_KEYS = {"RSA", "EC", "OKP"}
# How long a person may take at the provider, in seconds.
PATIENCE = 600
# How much the provider's clock may differ, in seconds.
_LEEWAY = 60
_PROFILE = ("preferred_username", "name")


class Pending(TypedDict):
    """A sign-in that was begun. `person` is the id of the person who links it to themselves, or None; `next` is the
    page that is wanted afterwards."""

    state: str
    nonce: str
    verifier: str
    issuer: str
    redirect_uri: str
    person: int | None
    next: str
    at: float


@dataclass(frozen=True)
class Claims:
    """What the provider says about the person. `groups` is None where ToGo doesn't ask for them."""

    issuer: str
    subject: str
    profile: dict[str, Any]
    groups: frozenset[str] | None
    # Where the person can sign out at the provider, too; empty if there is no such page.
    end_session_endpoint: str


def begin(*, redirect_uri: str, next: str, person_id: int | None = None) -> tuple[str, Pending]:  # noqa: A002
    """Where to send the browser, and what to keep until it comes back. Raises `ProviderUnavailable`."""
    pending = Pending(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        issuer=settings.TOGO_OIDC_ISSUER,
        redirect_uri=redirect_uri,
        person=person_id,
        next=next,
        at=timezone.now().timestamp(),
    )

    def talk(session: OAuth2Session) -> str:
        session.code_challenge_method = "S256"
        url, _ = session.create_authorization_url(
            provider.describe(session).authorization_endpoint,
            state=pending["state"],
            code_verifier=pending["verifier"],
            nonce=pending["nonce"],
            scope=settings.TOGO_OIDC_SCOPES,
            redirect_uri=redirect_uri,
        )
        return str(url)

    return provider.conversation(talk), pending


def finish(*, pending: Pending, answer: Mapping[str, str]) -> Claims:
    """Who signed in, by the parameters with which the browser comes back from the provider to this pending sign-in.

    Raises `SignInRefused`, and `ProviderUnavailable`.
    """
    if pending["state"] != answer.get("state") or pending["issuer"] != settings.TOGO_OIDC_ISSUER:
        raise _forged("the answer isn't for this sign-in")
    if not 0 <= timezone.now().timestamp() - pending["at"] <= PATIENCE:
        raise SignInRefused(gettext("This sign-in took more than ten minutes. Start again."))

    def talk(session: OAuth2Session) -> Claims:
        about = provider.describe(session)
        _require_issuer(answer, about)
        if "error" in answer or not answer.get("code"):
            raise _refused_by_provider(answer.get("error", ""))
        return _claims(session, about, pending, answer["code"])

    return provider.conversation(talk)


def _require_issuer(answer: Mapping[str, str], about: Provider) -> None:
    """Refuse an answer that another provider sent (RFC 9207)."""
    sender = answer.get("iss")
    if sender != settings.TOGO_OIDC_ISSUER and (sender is not None or about.names_itself):
        raise _forged("the answer is from another issuer")


def _claims(session: OAuth2Session, about: Provider, pending: Pending, code: str) -> Claims:
    try:
        tokens = provider.exchange(
            session, about, code=code, verifier=pending["verifier"], redirect_uri=pending["redirect_uri"]
        )
    except OAuthError as error:
        raise _refused_by_provider(error.error) from None
    access_token = tokens.get("access_token")
    token = _verified(session, about, tokens.get("id_token"))
    claims = _validated(token, pending["nonce"], access_token)
    subject = claims["sub"]
    if not (isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isprintable()):
        raise _forged("its sub isn't 1 to 255 printable characters")
    profile = dict(claims)
    wants_groups = bool(settings.TOGO_OIDC_ADMIN_GROUPS or settings.TOGO_OIDC_TASKMASTER_GROUPS)
    lacks_groups = wants_groups and settings.TOGO_OIDC_GROUPS_CLAIM not in profile
    lacks_profile = not any(claim in profile for claim in _PROFILE)
    if about.userinfo_endpoint and isinstance(access_token, str) and (lacks_groups or lacks_profile):
        more = provider.fetch(session, about.userinfo_endpoint, access_token=access_token)
        if more.get("sub") != subject:
            raise _forged("its userinfo is about somebody else")
        profile = more | profile
    return Claims(
        issuer=settings.TOGO_OIDC_ISSUER,
        subject=subject,
        profile=profile,
        groups=_groups(profile) if wants_groups else None,
        end_session_endpoint=about.end_session_endpoint,
    )


def _verified(session: OAuth2Session, about: Provider, id_token: object) -> jwt.Token:
    """The ID token, if the provider signed it. If no key fits, the keys are fetched anew once: the provider may have
    changed them."""
    if not isinstance(id_token, str):
        raise _forged("there is no ID token")
    kept = about.jwks_uri in provider.memory.fetched
    try:
        return _decoded(id_token, provider.fetch(session, about.jwks_uri))
    except (JoseError, ValueError, TypeError) as error:
        if not kept:
            raise _forged(f"its ID token isn't signed by it: {type(error).__name__}") from None
    try:
        return _decoded(id_token, provider.fetch(session, about.jwks_uri, anew=True))
    except (JoseError, ValueError, TypeError) as error:
        raise _forged(f"its ID token isn't signed by it: {type(error).__name__}") from None


def _decoded(id_token: str, said: dict[str, Any]) -> jwt.Token:
    keys = []
    found = said.get("keys")
    for key in found if isinstance(found, list) else []:
        if isinstance(key, dict) and key.get("kty") in _KINDS_OF_KEYS:
            try:
                keys.append(JWKRegistry.import_key(key))
            except (JoseError, ValueError, TypeError):
                continue  # A kind of key that isn't known here; others may be.
    return jwt.decode(id_token, KeySet(keys), algorithms=_ALGORITHMS)


def _validated(token: jwt.Token, nonce: str, access_token: object) -> CodeIDToken:
    client_id = settings.TOGO_OIDC_CLIENT_ID
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": settings.TOGO_OIDC_ISSUER},
            "aud": {"essential": True, "value": client_id},
        },
        params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    try:
        claims.validate(leeway=_LEEWAY)
    except (JoseError, ValueError, TypeError, OverflowError) as error:
        raise _forged(f"its ID token is refused: {type(error).__name__} {getattr(error, 'claim', '')}") from None
    return claims


def _groups(profile: dict[str, Any]) -> frozenset[str]:
    """The person's groups. Nothing else than text names a group."""
    said = profile.get(settings.TOGO_OIDC_GROUPS_CLAIM)
    if said is None:
        logger.warning("The OpenID provider names no groups: the claim %r is missing.", settings.TOGO_OIDC_GROUPS_CLAIM)
    return frozenset([said] if isinstance(said, str) else filter(_is_text, said if isinstance(said, list) else []))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _forged(why: str) -> SignInRefused:
    logger.warning("A sign-in with OpenID Connect was refused: %s.", why)
    return SignInRefused(
        gettext("The answer of %(provider)s can’t be trusted. Start again.") % {"provider": settings.TOGO_OIDC_NAME}
    )


def _refused_by_provider(error: object) -> SignInRefused:
    name = settings.TOGO_OIDC_NAME
    if error == "access_denied":
        return SignInRefused(gettext("%(name)s didn’t let you in, or you ended the sign-in.") % {"name": name})
    # Only a word: the rest of such an answer could be a message by anybody.
    word = error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error, re.ASCII) else "no code"
    logger.warning("The OpenID provider refused a sign-in: %s.", word)
    return SignInRefused(
        gettext("%(name)s refused the sign-in (%(word)s). Start again.") % {"name": name, "word": word}
    )
