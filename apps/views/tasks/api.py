"""The catalogue of tasks."""

from rest_framework.request import Request

from apps.exceptions.base import NotAllowed
from apps.exceptions.tasks import TaskExists, TaskInUse, TaskNotFound
from apps.models import Task
from apps.serializers.tasks import (
    TaskChangeSerializer,
    TaskCreateSerializer,
    TaskPageSerializer,
    TaskQuerySerializer,
    TaskSerializer,
)
from apps.services import tasks
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, documented

TAG = "Tasks"


class TasksView(ApiView):
    """`/api/tasks/`"""

    @documented(TAG, "List tasks", parameters=[TaskQuerySerializer], responses={200: TaskPageSerializer})
    def get(self, request: Request) -> JsonResponse:
        """A page of tasks, ordered by name."""
        query = TaskQuerySerializer.read(request)
        found = Task.objects.search(query.get("q", ""))
        if "is_active" in query:
            found = found.filter(is_active=query["is_active"])
        if "label" in query:
            found = found.filter(label=query["label"])
        return JsonResponse(TaskPageSerializer(paginate(request, found, query, by=["name"])).data)

    @documented(
        TAG,
        "Make a task",
        request=TaskCreateSerializer,
        responses={201: TaskSerializer},
        errors=[NotAllowed, TaskExists],
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """For taskmasters. A name that differs from an active task's only by capitals, blanks or forms of letters is
        refused."""
        data = TaskCreateSerializer.read(request)
        task = tasks.create_task(actor=require_person(request.user), **data)
        return JsonResponse(TaskSerializer(task).data, status=201, headers=location(request, "task", task.pk))


class TaskView(ApiView):
    """`/api/tasks/{id}/`"""

    @documented(TAG, "Read a task", parameters=[ID], responses={200: TaskSerializer}, errors=[TaskNotFound])
    def get(self, request: Request, id: int) -> JsonResponse:
        """One task, in use or retired."""
        return JsonResponse(TaskSerializer(tasks.get(task_id=id)).data)

    @documented(
        TAG,
        "Change or retire a task",
        parameters=[ID],
        request=TaskChangeSerializer,
        responses={200: TaskSerializer},
        errors=[NotAllowed, TaskNotFound, TaskExists],
    )
    def patch(self, request: Request, id: int) -> JsonResponse:
        """For taskmasters. People who have the task keep it; a retired task can't be assigned any more."""
        data = TaskChangeSerializer.read(request)
        return JsonResponse(
            TaskSerializer(tasks.update_task(actor=require_person(request.user), task_id=id, **data)).data
        )

    @documented(
        TAG,
        "Delete a task",
        parameters=[ID],
        responses={204: None},
        errors=[NotAllowed, TaskNotFound, TaskInUse],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """For taskmasters. A task that is assigned to anyone, done or not, can't be deleted: retire it instead."""
        tasks.delete_task(actor=require_person(request.user), task_id=id)
        return JsonResponse(status=204)
