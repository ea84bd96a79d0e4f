"""Forms of tasks."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.forms.base import DayInput, PageForm, RefusableModelForm
from apps.models import Task
from apps.models.tasks import LONGEST_NOTE, Color
from apps.services.shared import units
from apps.services.shared.formats import HIGHEST_ID

_COLORS = [("", _("None")), *Color.choices]


class NoteField(forms.CharField):
    """A text of several lines. Browsers send two characters for a line break, which counts as one."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        """The text."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class TaskForm(RefusableModelForm[Task]):
    """A task."""

    color = forms.ChoiceField(label=_("Colour"), required=False, choices=_COLORS, widget=forms.RadioSelect)
    note = NoteField(
        label=_("Note"), required=False, max_length=LONGEST_NOTE, help_text=_("What there is to know about it.")
    )

    class Meta:
        model = Task
        fields = ["name", "effort", "note", "color", "label", "url", "deadline"]
        labels = {
            "name": _("Name"),
            "effort": _("Effort"),
            "label": _("Label"),
            "url": _("Link"),
            "deadline": _("Deadline"),
        }
        widgets = {
            "label": forms.TextInput(attrs={"list": "labels", "autocomplete": "off"}),
            "deadline": DayInput(),
            "url": forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "placeholder": "https://"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = gettext("How much of a day’s limit it takes. Counted in %(unit)s.")
        self.fields["effort"].help_text = text % {"unit": units.unit()}


class WholeTaskForm(TaskForm):
    """A task, and whether it can be assigned: for the admin pages."""

    color = forms.ChoiceField(label=_("Colour"), required=False, choices=_COLORS)

    class Meta(TaskForm.Meta):
        fields = [*TaskForm.Meta.fields, "is_active"]


class CatalogueForm(PageForm):
    """The tasks that the catalogue is asked to show."""

    q = forms.CharField(required=False, max_length=255)
    label = forms.CharField(required=False, max_length=50)
    show = forms.ChoiceField(required=False, choices=[("", "In use"), ("retired", "Retired")])


class MergeForm(forms.Form):
    """The task that another one is merged into, or the text to search it by."""

    q = forms.CharField(required=False, max_length=255)
    into = forms.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID)
