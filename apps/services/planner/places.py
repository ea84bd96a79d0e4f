"""The places of people, the emptiest first: what makes a plan even."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from apps.services.planner.network import Array


class Places(NamedTuple):
    """The people whose place it is, in the order in which places should be filled; and who `has_more` places."""

    person: Array
    has_more: np.ndarray[Any, np.dtype[np.bool_]]


def places_of(taken: Array, maxima: Sequence[int], capacity: Array, effort: int, most: int) -> Places:
    """The first `most` places of people who have so much taken of these maxima and can take `capacity` more tasks.

    A person's k-th place is ordered by the load that filling it leads to, (taken + k * effort) / maximum. Of places
    with the same load, that of the higher load before goes first: it adds least to the loads below it. With this order,
    filling the cheapest places that the tasks can reach gives the smallest highest load, then the smallest next, and
    so on: docs/adr has the proof. Quotients of whole numbers below 2**26 are equal as floats only if they are equal.
    """
    person = np.repeat(np.arange(len(capacity)), capacity)
    number = np.arange(len(person)) - np.repeat(np.cumsum(capacity) - capacity, capacity)
    maximum = np.array(maxima, np.int64)[person]
    before = (taken[person] + number * effort) / maximum
    after = (taken[person] + (number + 1) * effort) / maximum
    order = np.lexsort((person, -before, after))[:most]
    chosen = person[order]
    return Places(chosen, np.bincount(chosen, minlength=len(capacity)) < capacity)
