"""Routes of tasks, below `/api/`."""

from django.urls import path

from apps.views.tasks import TasksView, TaskView

urlpatterns = [
    path("tasks/", TasksView.as_view()),
    path("tasks/<id:id>/", TaskView.as_view(), name="task"),
]
