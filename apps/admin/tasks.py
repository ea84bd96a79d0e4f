"""Tasks."""

from typing import Any

from django.contrib import admin

from apps.admin.base import ServiceAdmin
from apps.forms.tasks import WholeTaskForm
from apps.models import Task
from apps.services import tasks


@admin.register(Task)
class TaskAdmin(ServiceAdmin[Task]):
    """The catalogue of tasks."""

    form = WholeTaskForm
    list_display = ("name", "label", "effort", "deadline", "is_active")
    list_filter = ("is_active", "label")
    search_fields = ("name", "label")
    ordering = ("name",)

    def create(self, actor: Any, data: dict[str, Any]) -> Task:
        """Make a task."""
        return tasks.create_task(actor=actor, **data)

    def change(self, actor: Any, row: Task, data: dict[str, Any]) -> None:
        """Rename or retire a task, or change what it carries."""
        tasks.update_task(actor=actor, task_id=row.pk, **data)

    def remove(self, actor: Any, row: Task) -> None:
        """Delete a task that nobody has been given."""
        tasks.delete_task(actor=actor, task_id=row.pk)
