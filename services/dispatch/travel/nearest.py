"""The nearest edge to a place, exactly, by a grid over the edges: a tenth of the memory of a tree of geometries."""

import numpy as np
import numpy.typing as npt

from services.dispatch.travel.ground import Floats

CELL = 0.1
"""Side of a cell in degrees of the plane, some 10 km: most edges are shorter, most cells hold a few dozen."""

MANY = 20_000
"""From so many places on, whole fleets, making a tree for them is quicker than asking place by place."""
Ints = npt.NDArray[np.int32]


class EdgeGrid:
    """tails, heads: the ends of e edges on the plane [e, 2], e > 0. An edge is in every cell that its bounding box
    touches; the edges of a row's neighbouring cells lie beside each other."""

    def __init__(self, tails: Floats, heads: Floats) -> None:
        self._tails, self._along = tails, heads - tails
        self._squares = np.maximum((self._along**2).sum(1), 1e-18)
        self._origin = np.minimum(tails, heads).min(0)
        low, high = self._cells(np.minimum(tails, heads)), self._cells(np.maximum(tails, heads))
        self._size = high.max(0) + 1
        wide, tall = (high - low + 1).T
        edge = np.repeat(np.arange(len(tails)), wide * tall)
        within = np.arange(len(edge)) - np.repeat(np.cumsum(wide * tall) - wide * tall, wide * tall)
        row, column = low[edge, 1] + within // wide[edge], low[edge, 0] + within % wide[edge]
        cell = row * self._size[0] + column
        order = np.argsort(cell, kind="stable")
        self._edges: Ints = edge[order].astype(np.int32)
        self._starts: Ints = np.searchsorted(cell[order], np.arange(self._size.prod() + 1)).astype(np.int32)

    def nearest(self, points: Floats) -> Ints:
        """The nearest edge of each point on the plane [k, 2]."""
        if len(points) >= MANY:
            return self._by_tree(points)
        return np.array([self._nearest(point) for point in points], np.int32)

    def _by_tree(self, points: Floats) -> Ints:
        """The same from a tree of geometries, which is gone again with the answer."""
        import shapely

        tree = shapely.STRtree(shapely.linestrings(np.stack([self._tails, self._tails + self._along], axis=1)))
        found: Ints = tree.nearest(shapely.points(points)).astype(np.int32)
        return found

    def _nearest(self, point: Floats) -> int:
        """Looks in growing squares of cells around the point: what is nearer than a square's border is inside it."""
        centre, reach = self._cells(point), 1
        while True:
            found = self._around(centre, reach)
            if len(found):
                squares = self._squared_distances(point, found)
                best = int(squares.argmin())
                if squares[best] <= (reach * CELL) ** 2 or len(found) == len(self._edges):
                    return int(found[best])
            reach *= 2

    def _around(self, centre: npt.NDArray[np.int64], reach: int) -> Ints:
        first, last = np.maximum(centre - reach, 0), np.minimum(centre + reach, self._size - 1)
        if (first > last).any():
            return self._edges[:0]
        rows = np.arange(first[1], last[1] + 1) * self._size[0]
        ends = zip(self._starts[rows + first[0]], self._starts[rows + last[0] + 1], strict=True)
        return np.concatenate([self._edges[start:end] for start, end in ends])

    def _squared_distances(self, point: Floats, edges: Ints) -> Floats:
        from_tail = point - self._tails[edges]
        along = self._along[edges]
        fraction = np.clip((from_tail * along).sum(1) / self._squares[edges], 0.0, 1.0)
        squares: Floats = ((from_tail - along * fraction[:, None]) ** 2).sum(1)
        return squares

    def _cells(self, points: Floats) -> npt.NDArray[np.int64]:
        cells: npt.NDArray[np.int64] = np.floor((points - self._origin) / CELL).astype(np.int64)
        return cells
