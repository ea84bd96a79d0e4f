"""Routes of the rules that limits are picked from: calls below `/api/users/`, and pages."""

from django.urls import path

from apps.views.limit_rules import api, holidays, pages

urlpatterns = [
    path("limit-rule/", api.LimitRulesView.as_view()),
    path("limit-rule/<id:id>/", api.LimitRuleView.as_view(), name="limit-rule"),
]
page_urlpatterns = [
    path("rules/", pages.every, name="rules"),
    path("rules/holidays/", holidays.propose, name="holidays"),
    path("rules/new/", pages.new, name="rule-new"),
    path("rules/<id:id>/", pages.one, name="rule-page"),
    path("rules/<id:id>/end/", pages.end, name="rule-end"),
]
