"""Routes of tasks: calls below `/api/`, and pages."""

from django.urls import path

from apps.views.tasks import api, pages

urlpatterns = [
    path("tasks/", api.TasksView.as_view()),
    path("tasks/<id:id>/", api.TaskView.as_view(), name="task"),
]
page_urlpatterns = [
    path("tasks/", pages.every, name="tasks"),
    path("tasks/new/", pages.new, name="task-new"),
    path("tasks/<id:id>/", pages.one, name="task-page"),
    path("tasks/<id:id>/active/", pages.activate, name="task-active"),
    path("tasks/<id:id>/merge/", pages.merge, name="task-merge"),
    path("tasks/<id:id>/remove/", pages.remove, name="task-remove"),
]
