"""Routes of webhooks: calls below `/api/`, and pages."""

from django.urls import path

from apps.views.webhooks import api, pages

urlpatterns = [
    path("webhook/", api.WebhooksView.as_view()),
    path("webhook/<id:id>/", api.WebhookView.as_view(), name="webhook"),
    path("webhook/<id:id>/rotate/", api.RotateView.as_view()),
    path("webhook/<id:id>/test/", api.TestView.as_view()),
    path("webhook/<id:id>/delivery/", api.DeliveriesView.as_view()),
    path("webhook/<id:id>/delivery/<id:delivery>/", api.DeliveryView.as_view(), name="delivery"),
    path("webhook/<id:id>/delivery/<id:delivery>/retry/", api.RetryView.as_view()),
]
page_urlpatterns = [
    path("webhooks/", pages.every, name="webhooks"),
    path("webhooks/<id:id>/", pages.one, name="webhook-page"),
    path("webhooks/<id:id>/rotate/", pages.rotate),
    path("webhooks/<id:id>/test/", pages.test),
    path("webhooks/<id:id>/remove/", pages.remove),
    path("webhooks/<id:id>/delivery/<id:delivery>/", pages.delivery, name="webhook-delivery"),
    path("webhooks/<id:id>/delivery/<id:delivery>/retry/", pages.retry),
]
