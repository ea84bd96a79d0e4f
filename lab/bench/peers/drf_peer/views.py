"""The API of assignments."""

from django.db import transaction
from rest_framework import permissions, viewsets

from lab.bench.peers.drf_peer.models import Assignment, Event
from lab.bench.peers.drf_peer.serializers import AssignmentSerializer


class IsTaskmaster(permissions.BasePermission):
    """Lets only taskmasters assign."""

    def has_permission(self, request, view):
        """Whether the caller is a taskmaster."""
        return request.user.is_taskmaster


class AssignmentViewSet(viewsets.ModelViewSet):
    """`/api/users/assignment/`"""

    queryset = Assignment.objects.all()
    serializer_class = AssignmentSerializer
    permission_classes = [permissions.IsAuthenticated, IsTaskmaster]

    @transaction.atomic
    def perform_create(self, serializer):
        """Save the assignment and its event."""
        made = serializer.save(taskmaster=self.request.user)
        Event.objects.create(actor=self.request.user, kind="assigned", assignment=made)
