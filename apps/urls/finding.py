"""The route of the search from every page."""

from django.urls import path

from apps.views import finding

urlpatterns = [path("find/", finding.find)]
