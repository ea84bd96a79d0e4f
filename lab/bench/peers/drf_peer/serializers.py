"""The fields of an assignment, and its rules."""

from django.utils import timezone
from rest_framework import serializers

from lab.bench.peers.drf_peer.models import Assignment, DailyLimit, Task, User


class AssignmentSerializer(serializers.ModelSerializer):
    """Looks up the task and the person, and counts the person's assignments."""

    task = serializers.PrimaryKeyRelatedField(queryset=Task.objects.filter(is_active=True))
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))

    class Meta:
        model = Assignment
        fields = ["id", "task", "user", "date", "taskmaster", "status", "created_at"]
        read_only_fields = ["taskmaster", "status"]

    def validate_date(self, value):
        """Refuse dates more than 366 days ahead."""
        if (value - timezone.now().date()).days > 366:
            raise serializers.ValidationError("This is too far ahead.")
        return value

    def validate(self, attrs):
        """Refuse the assignment if the day is full: count first, create later, which is a race."""
        limit = DailyLimit.objects.get(user=attrs["user"], date=attrs["date"])
        taken = Assignment.objects.filter(user=attrs["user"], date=attrs["date"]).count()
        if taken >= limit.maximum:
            raise serializers.ValidationError("The daily limit is reached.")
        return attrs
