"""A ToGo that frees room and hands it to nobody: an entry point in place of `togo.wsgi`. A job serves who waits
afterwards. `tests/storm_test/test_waiting.py` must find the newcomers who overtake."""

from typing import Any

from togo.wsgi import application

__all__ = ["application"]


def promote(**_: Any) -> None:
    """Leave the room to whoever comes next."""


def _hand_nothing_over() -> None:
    from apps.services.slots import waiting

    waiting.promote = promote


_hand_nothing_over()
