"""Forms of tasks."""

from typing import Any

from django import forms

from apps.forms.base import RefusableModelForm
from apps.models import Task
from apps.models.tasks import LONGEST_NOTE
from apps.services.shared import units


class NoteField(forms.CharField):
    """A text of several lines. Browsers send two characters for a line break, which counts as one."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        """The text."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class TaskForm(RefusableModelForm[Task]):
    """A task."""

    note = NoteField(required=False, max_length=LONGEST_NOTE, help_text="What there is to know about it.")

    class Meta:
        model = Task
        fields = ("name", "effort", "note", "color", "label", "url", "deadline", "is_active")
        widgets = {
            "deadline": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "url": forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "placeholder": "https://"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effort"].help_text = f"How much of a day’s limit it takes. Counted in {units.unit()}."
