"""Routes."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter

from lab.bench.peers.drf_peer.views import AssignmentViewSet

router = DefaultRouter()
router.register("assignment", AssignmentViewSet)
urlpatterns = [path("api/users/", include(router.urls))]
