"""People: made, changed and deactivated, never deleted."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html

from apps.admin.base import ServiceAdmin
from apps.forms.users import UserForm
from apps.models import User
from apps.services import board, users
from apps.services.shared import passwords
from apps.services.shared.permissions import require_person


@admin.register(User)
class UserAdmin(ServiceAdmin[User]):
    """People and their roles."""

    form = UserForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_taskmaster", "is_admin")
    list_filter = ("is_active", "is_taskmaster", "is_admin")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)

    def create(self, actor: Any, data: dict[str, Any]) -> User:
        """Make a person."""
        return users.create_user(actor=actor, **data)

    def change(self, actor: Any, row: User, data: dict[str, Any]) -> None:
        """Change a person, and the password if a new one was given."""
        if password := data.pop("password", ""):
            users.set_password(actor=actor, user_id=row.pk, password=password)
        if data:
            users.update_user(actor=actor, user_id=row.pk, **data)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Say how many open tasks are left to somebody who was just deactivated, and offer to hand them on."""
        if not change or "is_active" not in form.changed_data or obj.is_active:
            return
        if left := len(board.tasks_left(actor=require_person(request.user), user_id=obj.pk)):
            text = '{} still has {} open task{} from today on. <a href="{}/board/hand-on/{}/">Hand them on</a>'
            messages.warning(
                request, format_html(text, obj, left, "" if left == 1 else "s", settings.TOGO_ROOT, obj.pk)
            )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Admins make people with passwords only; the others come by themselves, at their first sign-in."""
        return passwords.are_on() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted: the history names them."""
        return False
