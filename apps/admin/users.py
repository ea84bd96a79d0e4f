"""People: made, changed and deactivated, never deleted."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from apps.admin.base import ServiceAdmin
from apps.exceptions.base import InvalidRequest, ToGoError
from apps.forms.users import UserForm
from apps.models import User
from apps.services import api_keys, second_factors, sessions, users
from apps.services.board import many
from apps.services.shared import passwords
from apps.services.shared.formats import parse_id
from apps.services.shared.permissions import require_person


@admin.register(User)
class UserAdmin(ServiceAdmin[User]):
    """People and their roles; and, below the form, what they sign in with."""

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
        if left := len(many.tasks_left(actor=require_person(request.user), user_id=obj.pk)):
            text = ngettext(
                '{person} still has {number} open task from today on. <a href="{address}">Hand them on</a>',
                '{person} still has {number} open tasks from today on. <a href="{address}">Hand them on</a>',
                left,
            )
            address = f"{settings.TOGO_ROOT}/board/hand-on/{obj.pk}/"
            messages.warning(request, format_html(text, person=obj, number=left, address=address))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Admins make people with passwords only; the others come by themselves, at their first sign-in."""
        return passwords.are_on() and super().has_add_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """The pages, with the one to which the forms below a person's form are sent."""
        view = self.admin_site.admin_view(self._access)
        return [path("<id:object_id>/access/", view, name="togo_user_access"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The form of a person, with their second factor, keys and sessions."""
        actor = require_person(request.user)
        person = self.get_object(request, object_id)
        if person is not None:
            extra_context = {
                **(extra_context or {}),
                "second_factor_since": second_factors.since(person),
                "keys": api_keys.keys_of(actor=actor, user_id=person.pk).order_by("-created_at", "-pk"),
                "sessions": sessions.sessions_of(actor=actor, user_id=person.pk),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def _access(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """`…/{person}/access/`: end a key or all sessions, or turn the second factor off."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            self.message_user(request, _change_access(require_person(request.user), object_id, request.POST))
        except ToGoError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:togo_user_change", args=[object_id]))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted: the history names them."""
        return False


def _change_access(actor: User, user_id: int, sent: QueryDict) -> str:
    """Do what the form asks for; returns what was done, in words."""
    if "end_sessions" in sent:
        sessions.end_all(actor=actor, user_id=user_id)
        return gettext("The person is signed out everywhere.")
    if "reset_second_factor" in sent:
        second_factors.reset(actor=actor, user_id=user_id)
        return gettext("The second factor is off: the password alone signs this person in.")
    try:
        key_id = parse_id(sent.get("end_key", ""))
    except ValueError:
        raise InvalidRequest(
            gettext("Send end_sessions, reset_second_factor, or end_key with the id of a key.")
        ) from None
    api_keys.delete(actor=actor, key_id=key_id, user_id=user_id)
    return gettext("The key is deleted. It has stopped working.")
