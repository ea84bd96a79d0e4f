"""All admin pages call the services, and show a refusal instead of an error page."""

from collections import Counter
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects, model_ngettext
from django.db import router, transaction
from django.db.models import DateField, Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext

from apps.exceptions.base import ToGoError
from apps.forms.base import DayInput
from apps.models.names import tidy
from apps.services.shared import units
from apps.services.shared.permissions import require_person

M = TypeVar("M", bound=Model)


class ServiceAdmin(admin.ModelAdmin[M]):
    """A page whose changes are made by services: `create`, `change` and `remove` call them.

    Django wraps a page in a transaction. A refusal rolls it back, and is then shown.
    """

    # Fields for efforts and limits: their help says what they are counted in.
    amounts: tuple[str, ...] = ()
    formfield_overrides = {DateField: {"widget": DayInput}}

    def create(self, actor: Any, data: dict[str, Any]) -> M:
        """Call the service that makes a row of the form's data."""
        raise NotImplementedError

    def change(self, actor: Any, row: M, data: dict[str, Any]) -> None:
        """Call the service that changes the row; `data` holds the changed fields."""
        raise NotImplementedError

    def remove(self, actor: Any, row: M) -> None:
        """Call the service that deletes the row."""
        raise NotImplementedError

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field of a form for a column."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.amounts:
            counted = gettext("Counted in %(unit)s.") % {"unit": units.unit()}
            field.help_text = f"{field.help_text} {counted}".strip()
        return field

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Whether a list may be filtered by this part of the address: only by the filters that the page shows.

        By any column, as Django has it, an admin could guess a password's hash letter by letter.
        """
        shown = lookup.partition("__")[0] in self.list_filter
        return shown and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]  # Django takes None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """The rows that the search finds; a name is found in whatever form it is typed."""
        return super().get_search_results(request, queryset, tidy(search_term))

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> M:
        """Let the service write, and return the row that it wrote."""
        actor = require_person(request.user)
        if change:
            if form.changed_data:
                self.change(actor, form.instance, {name: form.cleaned_data[name] for name in form.changed_data})
            row = self.get_queryset(request).get(pk=form.instance.pk)
        else:
            row = self.create(actor, form.cleaned_data)
        form.save_m2m = lambda: None
        return row

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Do nothing: the service has written the row already."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is deleted with the rows. What keeps them is counted: a task may have thousands of assignments."""
        found = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        found.collect(objs)
        if not found.protected:
            return super().get_deleted_objects(objs, request)
        numbers = Counter(capfirst(model_ngettext(one._meta, 2)) for one in found.protected)  # noqa: SLF001
        return [], {}, set(), [f"{name}: {number}" for name, number in sorted(numbers.items())]

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        """Delete a row."""
        self.remove(require_person(request.user), obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        """Delete the chosen rows one by one. A refusal undoes all of them."""
        with transaction.atomic():
            for row in queryset:
                self.remove(require_person(request.user), row)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; after a refusal the form again, with the refusal as a message."""
        return self._or_refusal(request, super().changeform_view, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The question whether to delete; after a refusal the page again, with the refusal as a message."""
        return self._or_refusal(request, super().delete_view, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; after a refusal of one of its actions the list again, with the refusal as a message."""
        return self._or_refusal(request, super().changelist_view, extra_context)

    def _or_refusal(self, request: HttpRequest, view: Any, *args: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args)
        except ToGoError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response
