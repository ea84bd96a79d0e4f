"""Keeps the rules that limits are picked from."""

import datetime
from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from django.db.models import F, QuerySet
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, NotFound
from apps.exceptions.users import UserNotFound
from apps.models import LimitRule, RulesVersion, User
from apps.models.events import Kind
from apps.services import events, unit_of_work
from apps.services.shared import permissions, picking, repicking


class RuleFields(TypedDict, total=False):
    """The fields of a rule. Without a person it is for everyone, without a weekday for all, without dates for ever."""

    user_id: int | None
    weekday: int | None
    date_from: datetime.date | None
    date_to: datetime.date | None
    maximum: int
    reason: str


def all_rules(*, actor: User) -> QuerySet[LimitRule]:
    """Every rule. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return LimitRule.objects.all()


def days_off(*, actor: User) -> QuerySet[LimitRule]:
    """The rules for days off of a person or of everyone, the next ones first, with their people. Rules whose days are
    all past are left out. Raises `NotAllowed`."""
    rules = all_rules(actor=actor).filter(
        maximum=0, weekday__isnull=True, date_from__isnull=False, date_to__gte=permissions.today()
    )
    return rules.select_related("user").order_by("date_from", "pk")


def get(*, actor: User, rule_id: int) -> LimitRule:
    """A rule. Raises `NotAllowed` and `NotFound`."""
    permissions.require_taskmaster(actor)
    return _get(rule_id)


def create_rule(*, actor: User, **fields: Unpack[RuleFields]) -> LimitRule:
    """Make a rule and pick the days from today on again.

    Raises `NotAllowed`, `UserNotFound`, and `InvalidRequest` for dates that aren't in order.
    """
    permissions.require_taskmaster(actor)

    def work() -> LimitRule:
        _lock_version()
        rule = LimitRule()
        _save(rule, fields)
        _note(Kind.RULE_CREATED, actor, rule)
        return rule

    return _fresh(unit_of_work.run(work))


def create_missing(*, actor: User, rules: Sequence[RuleFields]) -> list[LimitRule]:
    """Make these rules for everyone, each for a date of its own, in one transaction, and pick the days from today on
    again. Dates that have such a rule already are left out. Returns the new rules. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)

    def work() -> list[LimitRule]:
        _lock_version()
        # Read under the lock: of two calls at the same time the second one finds the rules of the first.
        there = LimitRule.objects.filter(user__isnull=True, weekday__isnull=True, date_from=F("date_to"))
        dates = set(there.values_list("date_from", flat=True))
        made = []
        for fields in rules:
            if fields["date_from"] not in dates:
                rule = LimitRule()
                _save(rule, fields)
                _note(Kind.RULE_CREATED, actor, rule)
                made.append(rule)
        return made

    return unit_of_work.run(work)


def update_rule(*, actor: User, rule_id: int, **fields: Unpack[RuleFields]) -> LimitRule:
    """Change a rule and pick the days from today on again; when it says all that already, nothing is done.

    Raises `NotAllowed`, `NotFound`, `UserNotFound`, and `InvalidRequest` for dates that aren't in order.
    """
    permissions.require_taskmaster(actor)

    def work() -> LimitRule:
        # The version first: it is locked then, and the rule is read as the change before this one left it.
        _lock_version()
        rule = _get(rule_id)
        before, was_for = _as_json(rule), rule.user_id
        if any(getattr(rule, name) != value for name, value in fields.items()):
            _save(rule, fields)
            moved = was_for if rule.user_id != was_for else None
            _note(Kind.RULE_CHANGED, actor, rule, from_user_id=moved, before=before)
        return rule

    return _fresh(unit_of_work.run(work))


def delete_rule(*, actor: User, rule_id: int) -> None:
    """Delete a rule and pick the days from today on again. Raises `NotAllowed` and `NotFound`."""
    permissions.require_taskmaster(actor)

    def work() -> None:
        _lock_version()
        rule = _get(rule_id)
        _raise_version()
        _note(Kind.RULE_DELETED, actor, rule)
        rule.delete()

    unit_of_work.run(work)


def take_back_days_off(*, actor: User, rule_id: int) -> LimitRule:
    """Delete a rule that says days off, and return it. Raises `NotAllowed`, and `NotFound` also for any other rule."""
    rule = days_off(actor=actor).filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(gettext("These days are no longer off."))
    delete_rule(actor=actor, rule_id=rule_id)
    return rule


def _save(rule: LimitRule, fields: RuleFields) -> None:
    for name, value in fields.items():
        setattr(rule, name, value)
    if rule.date_from and rule.date_to and rule.date_from > rule.date_to:
        raise InvalidRequest.of_field("date_to", "order", gettext("This must not be before date_from."))
    if rule.user_id and not User.objects.filter(pk=rule.user_id).exists():
        raise UserNotFound(
            gettext("There is no person with the id %(user_id)s.") % {"user_id": rule.user_id}, user=rule.user_id
        )
    rule.version, rule.applied_at = _raise_version(), None
    rule.save()


def _fresh(rule: LimitRule) -> LimitRule:
    """The rule as it is now: the days may follow it already."""
    rule.refresh_from_db()
    return rule


def _get(rule_id: int) -> LimitRule:
    rule = LimitRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(gettext("There is no rule with the id %(rule_id)s.") % {"rule_id": rule_id})
    return rule


def _note(kind: Kind, actor: User, rule: LimitRule, *, from_user_id: int | None = None, **more: Any) -> None:
    data = {"rule": _as_json(rule), **more}
    events.note(kind, actor_id=actor.pk, user_id=rule.user_id, from_user_id=from_user_id, data=data)


def _as_json(rule: LimitRule) -> dict[str, Any]:
    """The fields of a rule, as an event stores them."""
    return {
        "id": rule.pk,
        "user": rule.user_id,
        "weekday": rule.weekday,
        "date_from": rule.date_from.isoformat() if rule.date_from else None,
        "date_to": rule.date_to.isoformat() if rule.date_to else None,
        "maximum": rule.maximum,
        "reason": rule.reason,
    }


def _lock_version() -> None:
    """Let changes of the rules come one after the other, each until its commit."""
    RulesVersion.objects.get_or_create(pk=RulesVersion.ONLY)
    RulesVersion.objects.select_for_update().get(pk=RulesVersion.ONLY)


def _raise_version() -> int:
    """Count this change, and let the days follow it after the commit."""
    RulesVersion.objects.filter(pk=RulesVersion.ONLY).update(version=F("version") + 1)
    unit_of_work.after_commit(repicking.rules_changed)
    return picking.current_version()
