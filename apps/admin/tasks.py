"""Tasks."""

from typing import Any

from django.contrib import admin

from apps.admin.base import ServiceAdmin
from apps.models import Task
from apps.services import tasks


@admin.register(Task)
class TaskAdmin(ServiceAdmin[Task]):
    """The catalogue of tasks."""

    list_display = ("name", "effort", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    amounts = ("effort",)

    def create(self, actor: Any, data: dict[str, Any]) -> Task:
        """Make a task."""
        return tasks.create_task(actor=actor, **data)

    def change(self, actor: Any, row: Task, data: dict[str, Any]) -> None:
        """Rename or retire a task, or change its effort."""
        tasks.update_task(actor=actor, task_id=row.pk, **data)

    def remove(self, actor: Any, row: Task) -> None:
        """Delete a task that nobody has been given."""
        tasks.delete_task(actor=actor, task_id=row.pk)
