"""All routes: one file for each API."""

from django.urls import include, path

import apps.urls.converters  # noqa: F401 - before the routes, which name them
from apps.urls import (
    account,
    admin,
    api_keys,
    assignments,
    availability,
    board,
    bulk,
    calendar,
    distributions,
    docs,
    events,
    exports,
    finding,
    health,
    importing,
    imports,
    insights,
    limit_rules,
    limits,
    metrics,
    notifications,
    oidc,
    planning,
    series,
    sessions,
    tasks,
    today,
    tokens,
    users,
    version,
    waiting,
    webhooks,
)
from apps.views.http import problems

urlpatterns = [
    # The most frequent calls come first: Django tries routes in this order.
    path(
        "api/users/",
        include(
            [
                *assignments.urlpatterns,
                *tokens.urlpatterns,
                *bulk.urlpatterns,
                *distributions.urlpatterns,
                *exports.urlpatterns,
                *imports.urlpatterns,
                *series.urlpatterns,
                *waiting.urlpatterns,
                *limits.urlpatterns,
                *limit_rules.urlpatterns,
                *availability.urlpatterns,
                *events.urlpatterns,
                *calendar.urlpatterns,
                *api_keys.urlpatterns,
                *notifications.urlpatterns,
                *users.urlpatterns,
            ]
        ),
    ),
    path("api/", include([*tasks.urlpatterns, *version.urlpatterns, *webhooks.urlpatterns])),
    *docs.urlpatterns,
    # Below /api/ an unknown path gets a problem, not a page.
    path("api/", problems.not_found),
    path("api/<path:rest>", problems.not_found),
    *sessions.urlpatterns,
    *oidc.urlpatterns,
    *account.urlpatterns,
    *board.urlpatterns,
    *today.urlpatterns,
    *planning.urlpatterns,
    *limit_rules.page_urlpatterns,
    *users.page_urlpatterns,
    *tasks.page_urlpatterns,
    *importing.urlpatterns,
    *insights.urlpatterns,
    *finding.urlpatterns,
    *webhooks.page_urlpatterns,
    *notifications.page_urlpatterns,
    *admin.urlpatterns,
    *health.urlpatterns,
    *metrics.urlpatterns,
]
