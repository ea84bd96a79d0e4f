"""The people who call, the rows of each of them, and the calls that a row of the table stands for."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.models import BrowserSession, DailyLimit, Distribution, Identity, Import, PasswordTries, Task, User
from apps.models.api_keys import Scope
from apps.models.imports import ImportStatus
from apps.services import (
    api_keys,
    assignments,
    calendar,
    distributions,
    imports,
    limit_rules,
    oidc,
    returns,
    series,
    sessions,
    users,
    webhooks,
)
from tests.access.rows import (
    ADMIN,
    ADMIN_SIGN_IN,
    ANONYMOUS,
    API,
    DISABLED,
    KEYS,
    OTHER,
    PERSON,
    SIGN_IN,
    TASKMASTER,
    Row,
)
from tests.clock import freeze_time
from tests.conftest import TODAY
from tests.tables import everything

MISSING = 999_999_999


class Unsalted(MD5PasswordHasher):
    """Hashes a password fast, and always to the same hash."""

    def salt(self) -> str:
        """Always the same."""
        return "salt"


class World:
    """People, each with the same few rows. A call leaves the world as it was."""

    def __init__(self) -> None:
        self._browser = Client(raise_request_exception=False)
        self.admin = self._person("admin", is_admin=True)
        self.chief = self._person("chief", is_taskmaster=True)
        self.taskmaster = self._person("taskmaster", is_taskmaster=True)
        self.alice, self.bob, self.third, self.gone = map(self._person, ("alice", "bob", "carol", "gone"))
        self.task, self.spare = (Task.objects.create(name=name).pk for name in ("cooking", "booking"))
        self.rule = limit_rules.create_rule(actor=self.chief, maximum=9, reason="").pk
        # At an address that needs no look-up; nothing is sent.
        self.webhook = webhooks.create(actor=self.admin, url="https://93.184.215.14/", events=["*"])[0].pk
        self.delivery = webhooks.test(actor=self.admin, webhook_id=self.webhook).pk
        people = [self.alice, self.bob, self.taskmaster, self.admin, self.gone]
        self.things = {person.pk: self._things_of(person) for person in people}
        self.third_refresh = str(RefreshToken.for_user(self.third))
        # Sessions from before the deactivation.
        self.sessions = {person.pk: self._session_of(person) for person in people}
        users.update_user(actor=self.admin, user_id=self.gone.pk, is_active=False)
        self.keys = {scope: self._key_with(Scope(scope)) for scope in KEYS}
        self.rows = rows_now()

    def ask(self, row: Row, column: str, **how: Any) -> str:
        """The answer for this column's caller, in the words of the table, with `, and it was written` after a
        refusal that has changed something all the same. `how` is passed to `asked`."""
        with self.asked(row, column, **how) as response:
            answer = answer_of(response)
            changes = (how.get("method") or row.method) not in ("GET", "HEAD", "OPTIONS")
            if changes and is_refusal(answer) and rows_now() != self.rows:
                answer += ", and it was written"
        return answer

    @contextlib.contextmanager
    def asked(
        self,
        row: Row,
        column: str,
        *,
        session: bool | None = None,
        method: str = "",
        csrf: bool = False,
        language: str = "",
    ) -> Iterator[Any]:
        """Yields the answer for this column's caller; the call is rolled back at the end.

        `session` says whether the caller has the session of a page or a token; by default the path decides.
        `method` replaces the row's own. With `csrf`, a form needs its CSRF token. `language` is what the browser asks
        for.
        """
        caller, about = self._caller(column, own=row.own)
        names = self._names(row, caller, about)
        headers = {"Accept-Language": language} if language else {}
        self._browser.cookies.clear()
        self._browser.handler.enforce_csrf_checks = csrf
        if caller and (session if session is not None else not row.path.startswith(API)):
            self._browser.cookies["sessionid"] = self.sessions[caller.pk]
        elif column in KEYS:
            headers["Authorization"] = f"Bearer {self.keys[column]}"
        elif caller:
            headers["Authorization"] = f"Bearer {names['access']}"
        with transaction.atomic():
            response = self._send(method or row.method, row, names, headers)
            if response.streaming:
                b"".join(response.streaming_content)  # An error while the body is sent is raised here.
            yield response
            transaction.set_rollback(True)

    def _send(self, method: str, row: Row, names: dict[str, Any], headers: dict[str, str]) -> Any:
        path = _fill_in(row.path, names) + (f"?{_fill_in(row.query, names)}" if row.query else "")
        sends = _fill_in(row.sends, names)
        if row.path.startswith("/api/") and "file" not in (sends or {}):
            body = json.dumps(sends) if sends is not None else ""
            return self._browser.generic(method, path, body, content_type="application/json", headers=headers)
        if method == "POST":
            return self._browser.post(path, sends or {}, headers=headers)
        return self._browser.generic(method, path, headers=headers)

    # --- rows ---------------------------------------------------------------------------------------------------

    def _person(self, name: str, **fields: bool) -> User:
        person = User(username=name, **fields)
        person.set_password(f"the long one of {name}")
        person.save()
        return person

    def _things_of(self, person: User) -> dict[str, Any]:
        def give(actor: User, date: Any) -> int:
            return assignments.assign(actor=actor, task_id=self.task, user_id=person.pk, date=date).pk

        def hand_back() -> int:
            one = give(self.chief, TODAY.replace(day=19))
            return returns.hand_back(actor=person, assignment_id=one, reason="I am ill.").pk

        def queue(actor: User) -> int:
            made = assignments.assign_or_wait(
                actor=actor, task_id=self.task, user_id=person.pk, date=date_of[actor], effort=1000
            )
            return made.pk

        date_of = {person: TODAY.replace(day=20), self.chief: TODAY.replace(day=21)}
        with freeze_time("2026-02-27T12:00:00Z"):
            past = give(person, TODAY.replace(month=2, day=27))
        file = SimpleUploadedFile("week.csv", _csv(self.spare, person.pk))
        sent = imports.start(actor=self.chief, file=file, dry_run=True).pk
        # A finished trial of this person, even if they aren't a taskmaster any more.
        Import.objects.filter(pk=sent).update(
            uploader=person, status=ImportStatus.DONE, finished_at="2026-03-02T12:00Z"
        )
        day = TODAY.replace(day=5)
        wanted = distributions.Request([distributions.Wish(self.spare)], [person.pk], day, day, "even")
        plan = distributions.propose(actor=self.chief, request=wanted).pk
        Distribution.objects.filter(pk=plan).update(taskmaster=person)

        def repeat(actor: User) -> int:
            made = series.create_series(
                actor=actor,
                task_id=self.task,
                user_ids=[person.pk],
                rrule=f"FREQ=MONTHLY;BYMONTHDAY={25 if actor == person else 26}",
                date_from=TODAY,
                on_full="skip",
            )
            return made.pk

        return {
            "series": repeat(person),
            "repeated": repeat(self.chief),
            "assignment": give(person, TODAY),
            "given": give(self.chief, TODAY.replace(day=4)),
            "past": past,
            "waiting": queue(person),
            "queued": queue(self.chief),
            "returned": hand_back(),
            "import": sent,
            "plan": plan,
            "day": DailyLimit.objects.of(person.pk, TODAY).get().pk,
            "session": self._noted_session_of(person),
            "key": api_keys.create(actor=person, name="backup", scope=Scope.READ)[0].pk,
            "identity": self._linked_to(person),
            "token": calendar.token_of(actor=person),
            "access": str(AccessToken.for_user(person)),
            "refresh": str(RefreshToken.for_user(person)),
        }

    def _linked_to(self, person: User) -> int:
        claims = oidc.Claims("https://id.example.org", person.username, {}, None, "")
        oidc.link(actor=person, claims=claims)
        return Identity.objects.get(user=person).pk

    def _session_of(self, person: User) -> str:
        client = Client()
        client.force_login(person)
        return client.cookies["sessionid"].value

    def _noted_session_of(self, person: User) -> int:
        """What is noted of another session of this person."""
        key = self._session_of(person)
        sessions.note_use(person=person, session_key=key, address="192.0.2.1", user_agent="")
        return BrowserSession.objects.get(session_key=key).pk

    def _key_with(self, scope: Scope) -> str:
        """A key of the taskmaster's. It was used already: a use in this minute isn't written again."""
        key = api_keys.create(actor=self.taskmaster, name="program", scope=scope)[1]
        assert api_keys.in_use(key=key)
        return key

    # --- calls --------------------------------------------------------------------------------------------------

    def _caller(self, column: str, *, own: bool) -> tuple[User | None, User]:
        """The caller, and the person whose rows the call is about."""
        caller = {
            ANONYMOUS: None,
            PERSON: self.alice,
            OTHER: self.alice,
            TASKMASTER: self.taskmaster,
            ADMIN: self.admin,
            DISABLED: self.gone,
            **dict.fromkeys(KEYS, self.taskmaster),
        }[column]
        return caller, caller if caller and (own or column in (PERSON, DISABLED)) else self.bob

    def _names(self, row: Row, caller: User | None, about: User) -> dict[str, Any]:
        """The values of the names in braces."""
        things = {**self.things[about.pk], "task": self.task, "spare": self.spare, "rule": self.rule}
        things |= {"webhook": self.webhook, "delivery": self.delivery}
        things |= {"whose": about.pk, "missing": MISSING}
        thing = things.get(row.thing, "")
        own = self.things[caller.pk] if caller else {"access": "", "refresh": "no token"}
        return {
            **things,
            "id": thing,
            "object_id": thing,
            "content_type_id": thing,
            "user": thing if row.thing == "missing" else about.pk,
            "date": TODAY,
            "name": about.username,
            "somebody": self.third.username,
            "third": self.third.pk,
            "disabled": self.gone.pk,
            "password": f"the long one of {caller}" if caller else "none of theirs",
            "access": own["access"],
            "refresh": own["refresh"],
            "their_refresh": self.third_refresh,
            "csv": SimpleUploadedFile("week.csv", _csv(self.spare, about.pk)),
            "rest": "nothing/",
            "url": "nothing/",
        }


def rows_now() -> dict[str, list[tuple[Any, ...]]]:
    """Every row, except those that a refusal may write: sessions, what is noted of them, and tries of passwords."""
    return everything(but=[Session, BrowserSession, PasswordTries])


def is_refusal(answer: str) -> bool:
    """Whether a call with this answer must not have changed anything."""
    return answer[0] == "4" or answer in (SIGN_IN, ADMIN_SIGN_IN)


def answer_of(response: HttpResponseBase) -> str:
    """The answer, in the words of the table."""
    status = str(response.status_code)
    if "Location" in response and status == "302":
        return f"{status} {re.sub(r'(?<=/)[0-9]+(?=/)', '{id}', urlsplit(response['Location']).path)}"
    if "json" in response.get("Content-Type", ""):
        said = json.loads(getattr(response, "content", b"{}"))
        if "code" in said:
            return f"{status} {said['code']}"
        if said.get("results") == []:
            return f"{status} nothing"
    return status


def _fill_in(pattern: Any, names: dict[str, Any]) -> Any:
    """The pattern with the values of its names; a name alone keeps its type."""
    if isinstance(pattern, dict):
        return {key: _fill_in(value, names) for key, value in pattern.items()}
    if isinstance(pattern, list):
        return [_fill_in(value, names) for value in pattern]
    if not isinstance(pattern, str):
        return pattern
    if alone := re.fullmatch(r"\{(\w+)\}", pattern):
        return names[alone[1]]
    return pattern.format_map(names)


def _csv(task_id: int, user_id: int) -> bytes:
    return f"task,user,date\r\n{task_id},{user_id},2026-03-05\r\n".encode()
