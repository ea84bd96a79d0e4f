"""Routes of the board."""

from django.urls import path

from apps.views import board

urlpatterns = [
    path("board/", board.week, name="board"),
    path("board/changes/", board.changes),
    path("board/assign/", board.assign),
    path("board/assignment/<id:id>/", board.assignment),
    path("board/assignment/<id:id>/remove/", board.remove),
    path("board/day/<id:user>/<date:date>/", board.day),
    path("board/people/", board.people),
    path("board/days-off/", board.days_off),
]
