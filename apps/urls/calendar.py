"""Routes of calendars, below `/api/users/`."""

from django.urls import path

from apps.views.calendar import CalendarTokenView, CalendarView

urlpatterns = [
    path("calendar/token/", CalendarTokenView.as_view()),
    path("calendar/<str:token>.ics", CalendarView.as_view(), name="calendar"),
]
