"""Routes of assignments, below `/api/users/`."""

from django.urls import path, register_converter

from apps.urls.converters import IdConverter
from apps.views.assignments import AssignmentsView, AssignmentView, EarliestView

register_converter(IdConverter, "id")

urlpatterns = [
    path("assignment/", AssignmentsView.as_view()),
    path("assignment/earliest/", EarliestView.as_view()),
    path("assignment/<id:id>/", AssignmentView.as_view(), name="assignment"),
]
