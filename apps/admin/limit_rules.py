"""Limit rules."""

from typing import Any

from django.contrib import admin

from apps.admin.base import ServiceAdmin
from apps.models import LimitRule
from apps.services import limit_rules


@admin.register(LimitRule)
class LimitRuleAdmin(ServiceAdmin[LimitRule]):
    """The rules that limits are picked from; a change is applied to all days from today on."""

    list_display = ("maximum", "user", "weekday", "date_from", "date_to", "reason", "applied_at")
    list_filter = ("weekday",)
    search_fields = ("reason", "user__username")
    autocomplete_fields = ("user",)
    list_select_related = ("user",)
    readonly_fields = ("created_at", "applied_at")
    ordering = ("-id",)
    amounts = ("maximum",)

    def create(self, actor: Any, data: dict[str, Any]) -> LimitRule:
        """Make a rule."""
        return limit_rules.create_rule(actor=actor, **data)

    def change(self, actor: Any, row: LimitRule, data: dict[str, Any]) -> None:
        """Change a rule."""
        limit_rules.update_rule(actor=actor, rule_id=row.pk, **data)

    def remove(self, actor: Any, row: LimitRule) -> None:
        """Delete a rule."""
        limit_rules.delete_rule(actor=actor, rule_id=row.pk)
