"""The catalogue of tasks."""

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.exceptions.base import NotAllowed
from apps.exceptions.tasks import TaskInUse, TaskNotFound
from apps.models import Task
from apps.serializers.tasks import (
    TaskChangeSerializer,
    TaskCreateSerializer,
    TaskPageSerializer,
    TaskQuerySerializer,
    TaskSerializer,
)
from apps.services import tasks
from apps.services.permissions import person
from apps.views.idempotency import idempotent
from apps.views.pagination import paginate
from apps.views.schema import ID, documented

TAG = "Tasks"


class TasksView(APIView):
    """`/api/tasks/`"""

    @documented(TAG, "List tasks", parameters=[TaskQuerySerializer], responses={200: TaskPageSerializer})
    def get(self, request: Request) -> Response:
        """By name, a page at a time."""
        query = TaskQuerySerializer.read(request)
        found = Task.objects.search(query.get("q", ""))
        if "is_active" in query:
            found = found.filter(is_active=query["is_active"])
        return Response(TaskPageSerializer(paginate(request, found, query, column="name")).data)

    @documented(TAG, "Make a task", request=TaskCreateSerializer, responses={201: TaskSerializer}, errors=[NotAllowed])
    @idempotent
    def post(self, request: Request) -> Response:
        """For taskmasters. Several tasks may have the same name."""
        data = TaskCreateSerializer.read(request)
        task = tasks.create_task(actor=person(request.user), **data)
        location = request.build_absolute_uri(reverse("task", args=[task.pk]))
        return Response(TaskSerializer(task).data, status=201, headers={"Location": location})


class TaskView(APIView):
    """`/api/tasks/{id}/`"""

    @documented(TAG, "Read a task", parameters=[ID], responses={200: TaskSerializer}, errors=[TaskNotFound])
    def get(self, request: Request, id: int) -> Response:
        """One task, in use or retired."""
        return Response(TaskSerializer(tasks.get(task_id=id)).data)

    @documented(
        TAG,
        "Rename or retire a task",
        parameters=[ID],
        request=TaskChangeSerializer,
        responses={200: TaskSerializer},
        errors=[NotAllowed, TaskNotFound],
    )
    def patch(self, request: Request, id: int) -> Response:
        """For taskmasters. Who has the task keeps it; a retired one can't be assigned any more."""
        data = TaskChangeSerializer.read(request)
        return Response(TaskSerializer(tasks.update_task(actor=person(request.user), task_id=id, **data)).data)

    @documented(
        TAG,
        "Delete a task",
        parameters=[ID],
        responses={204: None},
        errors=[NotAllowed, TaskNotFound, TaskInUse],
    )
    def delete(self, request: Request, id: int) -> Response:
        """For taskmasters. A task that somebody has, done or not, is refused: retire it instead."""
        tasks.delete_task(actor=person(request.user), task_id=id)
        return Response(status=204)
