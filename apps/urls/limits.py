"""Routes of daily limits, below `/api/users/`."""

from django.urls import path, register_converter

from apps.urls.converters import DateConverter, IdConverter
from apps.views.limits import DailyLimitsView, DailyLimitView

register_converter(IdConverter, "id")
register_converter(DateConverter, "date")

urlpatterns = [
    path("limit/", DailyLimitsView.as_view()),
    path("limit/<id:user>/<date:date>/", DailyLimitView.as_view()),
]
