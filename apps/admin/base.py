"""What all admin pages share: they ask the services, and show a refusal instead of an error page."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from apps.exceptions.base import ToGoError
from apps.services.shared.permissions import person

M = TypeVar("M", bound=Model)


class ServiceAdmin(admin.ModelAdmin[M]):
    """A page whose changes are made by services: `create`, `change` and `remove` call them.

    Django wraps a page in a transaction; a refusal leaves it, so nothing of it is written, and is then shown.
    """

    def create(self, actor: Any, data: dict[str, Any]) -> M:
        """Make one with the form's data, by a service."""
        raise NotImplementedError

    def change(self, actor: Any, row: M, data: dict[str, Any]) -> None:
        """Change one by a service; `data` holds what differs."""
        raise NotImplementedError

    def remove(self, actor: Any, row: M) -> None:
        """Delete one, or whatever takes its place, by a service."""
        raise NotImplementedError

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> M:
        """Let the service write, and go on with what it wrote."""
        actor = person(request.user)
        if change:
            if form.changed_data:
                self.change(actor, form.instance, {name: form.cleaned_data[name] for name in form.changed_data})
            row = self.get_queryset(request).get(pk=form.instance.pk)
        else:
            row = self.create(actor, form.cleaned_data)
        form.save_m2m = lambda: None
        return row

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Nothing: the service has written it."""

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        """Delete one."""
        self.remove(person(request.user), obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        """Delete the chosen ones, one by one; a refusal undoes them all."""
        with transaction.atomic():
            for row in queryset:
                self.remove(person(request.user), row)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form, or again with the refusal."""
        return self._or_refusal(request, super().changeform_view, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The question, or the refusal."""
        return self._or_refusal(request, super().delete_view, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, which has actions too."""
        return self._or_refusal(request, super().changelist_view, extra_context)

    def _or_refusal(self, request: HttpRequest, view: Any, *args: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args)
        except ToGoError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response
