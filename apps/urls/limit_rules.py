"""Routes of the rules that limits are picked from, below `/api/users/`."""

from django.urls import path, register_converter

from apps.urls.converters import IdConverter
from apps.views.limit_rules import LimitRulesView, LimitRuleView

register_converter(IdConverter, "id")

urlpatterns = [
    path("limit-rule/", LimitRulesView.as_view()),
    path("limit-rule/<id:id>/", LimitRuleView.as_view(), name="limit-rule"),
]
