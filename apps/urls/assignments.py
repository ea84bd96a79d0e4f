"""Routes of assignments, below `/api/users/`."""

from django.urls import path

from apps.views.assignments import AssignmentsView, AssignmentView, EarliestView

urlpatterns = [
    path("assignment/", AssignmentsView.as_view()),
    path("assignment/earliest/", EarliestView.as_view()),
    path("assignment/<id:id>/", AssignmentView.as_view(), name="assignment"),
]
