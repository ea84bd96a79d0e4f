"""Keeps the rules that limits are picked from."""

import datetime
from collections.abc import Callable
from typing import TypedDict, Unpack

from django.db.models import F

from apps.exceptions.base import NotFound
from apps.models import LimitRule, RulesVersion, User
from apps.services import permissions, repicking, transactions


class RuleFields(TypedDict, total=False):
    """What a rule says; what is missing means everyone, every weekday, for ever."""

    user_id: int | None
    weekday: int | None
    date_from: datetime.date | None
    date_to: datetime.date | None
    maximum: int
    reason: str


def create_rule(*, actor: User, **fields: Unpack[RuleFields]) -> LimitRule:
    """Make a rule and pick the days from today on again. Raises `NotAllowed`."""
    return _save(actor, LimitRule, fields)


def update_rule(*, actor: User, rule_id: int, **fields: Unpack[RuleFields]) -> LimitRule:
    """Change a rule and pick the days from today on again. Raises `NotAllowed` and `NotFound`."""
    return _save(actor, lambda: _get(rule_id), fields)


def delete_rule(*, actor: User, rule_id: int) -> None:
    """Delete a rule and pick the days from today on again. Raises `NotAllowed` and `NotFound`."""
    permissions.require_taskmaster(actor)

    def work() -> None:
        _raise_version()
        _get(rule_id).delete()
        transactions.after_commit(repicking.rules_changed)

    transactions.run(work)


def _save(actor: User, get: Callable[[], LimitRule], fields: RuleFields) -> LimitRule:
    permissions.require_taskmaster(actor)

    def work() -> LimitRule:
        # The version first: it is locked then, and the rule is read as the change before this one left it.
        version = _raise_version()
        rule = get()
        for name, value in fields.items():
            setattr(rule, name, value)
        rule.version, rule.applied_at = version, None
        rule.save()
        transactions.after_commit(repicking.rules_changed)
        return rule

    rule = transactions.run(work)
    rule.refresh_from_db()
    return rule


def _get(rule_id: int) -> LimitRule:
    rule = LimitRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(f"There is no rule with the id {rule_id}.")
    return rule


def _raise_version() -> int:
    """Count this change. The row stays locked until the commit, so changes of the rules come one after the other."""
    RulesVersion.objects.get_or_create(pk=RulesVersion.ONLY)
    RulesVersion.objects.filter(pk=RulesVersion.ONLY).update(version=F("version") + 1)
    return RulesVersion.objects.get(pk=RulesVersion.ONLY).version
