"""Daily limits: set by hand, and given back to the rules."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.admin.base import ServiceAdmin
from apps.forms.limits import DailyLimitForm
from apps.models import DailyLimit
from apps.services import limits
from apps.services.shared.permissions import require_person


@admin.register(DailyLimit)
class DailyLimitAdmin(ServiceAdmin[DailyLimit]):
    """The limits of people's days. A limit saved here is set by hand, and rules don't change it."""

    form = DailyLimitForm
    list_display = ("user", "date", "taken", "maximum", "wanted", "source_kind", "source_reason")
    list_filter = ("source_kind", "date")
    search_fields = ("user__username",)
    autocomplete_fields = ("user",)
    list_select_related = ("user",)
    # The order of an index, because sorting a large table takes too long.
    ordering = ("-date", "-rules_version")
    show_full_result_count = False
    actions = ("give_back",)

    def create(self, actor: Any, data: dict[str, Any]) -> DailyLimit:
        """Set a day by hand."""
        return limits.set_by_hand(
            actor=actor,
            user_id=data["user"].pk,
            date=data["date"],
            maximum=data["maximum"],
            reason=data["reason"],
        )

    def change(self, actor: Any, row: DailyLimit, data: dict[str, Any]) -> None:
        """Set a day by hand."""
        limits.set_by_hand(
            actor=actor,
            user_id=row.user_id,
            date=row.date,
            maximum=data.get("maximum", row.wanted),
            reason=data.get("reason", row.source_reason),
        )

    @admin.action(description=_("Give back to the rules"))
    def give_back(self, request: HttpRequest, queryset: QuerySet[DailyLimit]) -> None:
        """Let the rules set the chosen days."""
        for day in queryset:
            limits.give_back(actor=require_person(request.user), user_id=day.user_id, date=day.date)

    def has_delete_permission(self, request: HttpRequest, obj: DailyLimit | None = None) -> bool:
        """No day's limit is deleted: the daily job would only set it again."""
        return False
