"""The routes, and the handlers of errors."""

from apps.urls import urlpatterns

handler400 = "apps.views.http.problems.answer_400"
handler403 = "apps.views.http.problems.answer_403"
handler404 = "apps.views.http.problems.answer_404"
handler500 = "apps.views.http.problems.answer_500"

__all__ = ["urlpatterns"]
