"""Routes of the board."""

from django.urls import path

from apps.views.board import (
    assigning,
    assignment,
    copying,
    days,
    example,
    handing_on,
    late,
    returned,
    saved,
    undoing,
    waiting,
    week,
)

urlpatterns = [
    # Every open board asks for it again and again.
    path("board/changes/", week.changes),
    path("board/", week.show, name="board"),
    path("board/rows/", week.rows),
    path("board/month/", week.month),
    path("board/views/", saved.every, name="board-views"),
    path("board/views/<id:id>/", saved.one),
    path("board/filter/", week.task_to_show),
    path("board/people/", week.people),
    path("board/tray/", week.tray),
    path("board/tray/<id:id>/", saved.favourite),
    path("board/copy/", copying.copy),
    path("board/late/", late.show),
    path("board/returned/", returned.show, name="board-returned"),
    path("board/returned/<id:id>/", returned.place),
    path("board/returned/<id:id>/close/", returned.close),
    path("board/example-team/", example.load),
    path("board/keys/", week.keys),
    path("board/assign/", assigning.assign),
    path("board/assignment/<id:id>/", assignment.change),
    path("board/assignment/<id:id>/remove/", assignment.remove),
    path("board/remove/", undoing.remove),
    path("board/move-back/", undoing.move_back),
    path("board/waiting/<id:id>/remove/", waiting.cancel),
    path("board/day/<id:user>/<date:date>/", days.day),
    path("board/limits/", days.limits_of_chosen),
    path("board/limits/back/", undoing.limits_back),
    path("board/free/<date:date>/", days.free),
    path("board/days-off/", days.days_off),
    path("board/days-off/<id:id>/remove/", days.take_back),
    path("board/hand-on/<id:user>/", handing_on.hand_on),
]
