"""Routes of the insights."""

from django.urls import path

from apps.views import insights

urlpatterns = [
    path("insights/", insights.overview),
    path("insights/load.csv", insights.load),
    path("insights/full.csv", insights.full),
    path("insights/room.csv", insights.room),
    path("insights/people.csv", insights.people),
]
