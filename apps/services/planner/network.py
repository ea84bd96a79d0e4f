"""A network of arcs with capacities and costs, the cheapest flow through it, and the cut that bounds the flow."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

Array = np.ndarray[Any, np.dtype[np.int64]]
SOURCE, SINK = 0, 1


@dataclass
class Network:
    """Built by `nodes` and `arcs`, which take and give numpy arrays; then `solve` it once."""

    size: int = 2
    flow: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    _parts: list[tuple[Array, Array, Array, Array]] = field(default_factory=list)
    _length: int = 0

    def nodes(self, number: int) -> Array:
        """So many new nodes."""
        self.size += number
        return np.arange(self.size - number, self.size, dtype=np.int64)

    def arcs(self, tails: Any, heads: Any, capacities: Any, costs: Any = 0) -> slice:
        """New arcs; a single number stands for all of them. Returns their positions in `flow`."""
        tail, head, capacity, cost = np.broadcast_arrays(*np.atleast_1d(tails, heads, capacities, costs))
        self._parts.append((tail, head, capacity, cost))
        self._length += len(tail)
        return slice(self._length - len(tail), self._length)

    def solve(self, supply: int, *, unused: int) -> None:
        """Send as much of `supply` from the source to the sink as pays: the rest costs `unused` a unit.

        Sets `flow`. All costs must be whole numbers, so the result is exact, and the same for the same arcs.
        """
        self.arcs(SOURCE, SINK, supply, unused)
        tails, heads, capacities, costs = self._columns()
        solver = SimpleMinCostFlow()
        solver.add_arcs_with_capacity_and_unit_cost(tails.astype(np.int32), heads.astype(np.int32), capacities, costs)
        solver.set_node_supply(SOURCE, supply)
        solver.set_node_supply(SINK, -supply)
        status = solver.solve()
        if status != SimpleMinCostFlow.OPTIMAL:
            raise RuntimeError(f"The flow was not solved: {status}.")
        self.flow = solver.flows(np.arange(self._length, dtype=np.int32))

    def cost(self) -> int:
        """The sum of all units times their costs."""
        return int((self.flow * self._columns()[3]).sum())

    def short(self) -> tuple[Array, Array]:
        """The nodes that a further unit could reach, and for each the number of its part of the network.

        What leaves these nodes is full, so it is the bound of the flow. Parts that share no arc are bounded separately.
        """
        # Without the last arc, which takes what isn't used.
        tails, heads, capacities = (column[:-1] for column in self._columns()[:3])
        flow = self.flow[:-1]
        forward, backward = flow < capacities, flow > 0
        reached = np.zeros(self.size, bool)
        reached[SOURCE] = True
        before = 0
        while before != (before := int(reached.sum())):
            reached[heads[forward & reached[tails]]] = True
            reached[tails[backward & reached[heads]]] = True
        reached[SOURCE] = False
        inner = reached[tails] & reached[heads]
        part = np.arange(self.size)
        settled = False
        while not settled:
            known = np.array(part)
            np.minimum.at(part, heads[inner], known[tails[inner]])
            np.minimum.at(part, tails[inner], known[heads[inner]])
            settled = bool((part == known).all())
        nodes = np.flatnonzero(reached)
        return nodes, part[nodes]

    def _columns(self) -> tuple[Array, Array, Array, Array]:
        if len(self._parts) > 1:
            tail, head, capacity, cost = (np.concatenate(column) for column in zip(*self._parts, strict=True))
            self._parts = [(tail, head, capacity.astype(np.int64), cost.astype(np.int64))]
        return self._parts[0]
