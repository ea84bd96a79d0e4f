"""Routes of returned tasks, below `/api/users/`."""

from django.urls import path

from apps.views.returns import HandBackView, PlaceView, ReturnedTasksView, ReturnedTaskView

urlpatterns = [
    path("assignment/<id:id>/return/", HandBackView.as_view()),
    path("returned/", ReturnedTasksView.as_view()),
    path("returned/<id:id>/", ReturnedTaskView.as_view(), name="returned"),
    path("returned/<id:id>/place/", PlaceView.as_view()),
]
