"""Routes of waiting entries, below `/api/users/`."""

from django.urls import path

from apps.views.waiting import WaitingEntryView, WaitingView

urlpatterns = [
    path("waiting/", WaitingView.as_view()),
    path("waiting/<id:id>/", WaitingEntryView.as_view(), name="waiting"),
]
