"""Routes of series: calls below `/api/users/`, and pages."""

from django.urls import path

from apps.views.series import pages
from apps.views.series.api import OccurrencesView, SeriesListView, SeriesView

urlpatterns = [
    path("series/", SeriesListView.as_view()),
    path("series/<id:id>/", SeriesView.as_view(), name="series-api"),
    path("series/<id:id>/occurrence/", OccurrencesView.as_view()),
]

page_urlpatterns = [
    path("series/", pages.every, name="every-series"),
    path("series/new/", pages.new),
    path("series/<id:id>/", pages.one, name="series"),
    path("series/<id:id>/end/", pages.end, name="series-end"),
]
