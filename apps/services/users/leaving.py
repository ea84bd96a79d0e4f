"""What becomes of somebody's tasks when they leave."""

from apps.models import User
from apps.services import users
from apps.services.board import many


def deactivate(*, actor: User, user_id: int, take_away: bool) -> int:
    """Deactivate a person. With `take_away` their open tasks from today on are taken away, each in a transaction of its
    own; returns how many. Without it they stay, and can be handed on.

    Raises `UserNotFound`, `NotAllowed`, also for the last active admin, and `TryAgain`: then some tasks may be left,
    and another call goes on.
    """
    users.update_user(actor=actor, user_id=user_id, is_active=False)
    if not take_away:
        return 0
    left = many.tasks_left(actor=actor, user_id=user_id)
    return len(many.unassign_many(actor=actor, assignment_ids=[one.pk for one in left]))
