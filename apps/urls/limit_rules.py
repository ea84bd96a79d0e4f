"""Routes of the rules that limits are picked from, below `/api/users/`."""

from django.urls import path

from apps.views.limit_rules import LimitRulesView, LimitRuleView

urlpatterns = [
    path("limit-rule/", LimitRulesView.as_view()),
    path("limit-rule/<id:id>/", LimitRuleView.as_view(), name="limit-rule"),
]
