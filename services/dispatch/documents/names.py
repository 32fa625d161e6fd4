"""Ids of a problem document and their indices in the solver's arrays."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..solver.problem import ProblemError
from .problem import ProblemDocument

Index = dict[str, int]


def numbered(pointer: str, ids: Iterable[str]) -> Index:
    """Positions of ids that must be unique. Raises ProblemError at the second of two equal ones."""
    found: Index = {}
    for position, name in enumerate(ids):
        if name in found:
            raise ProblemError(f"{pointer}/{position}/id", "is used twice; give every entry its own id")
        found[name] = position
    return found


def collected(names: Iterable[str]) -> Index:
    """Distinct names in order of first appearance."""
    return {name: position for position, name in enumerate(dict.fromkeys(names))}


@dataclass(frozen=True)
class Names:
    """Index of every id and of every name that is only matched (skills, parts, regions, ...)."""

    places: Index
    engineers: Index
    depots: Index
    orders: Index
    vehicles: Index
    experts: Index
    skills: Index
    certificates: Index
    parts: Index
    regions: Index
    classes: Index
    couplings: Index

    @classmethod
    def of(cls, document: ProblemDocument) -> "Names":
        """Raises ProblemError for an id that is used twice."""
        engineers, depots, orders = document.engineers, document.depots, document.orders
        vehicles = document.replacement_vehicles
        cargo = [order.cargo for order in orders if order.cargo]
        lines = [line for order in orders for line in order.kit]
        stocks = [e.van_stock for e in engineers] + [d.stock for d in depots]
        return cls(
            places=numbered("/places", (p.id for p in document.places)),
            engineers=numbered("/engineers", (e.id for e in engineers)),
            depots=numbered("/depots", (d.id for d in depots)),
            orders=numbered("/orders", (o.id for o in orders)),
            vehicles=numbered("/replacement_vehicles", (v.id for v in vehicles)),
            experts=numbered("/experts", (e.id for e in document.experts)),
            skills=collected(
                [n for e in engineers for n in e.skills]
                + [n for e in document.experts for n in e.skills]
                + [s.skill for o in orders for s in (*o.skills, *o.second_skills)]
                + [o.remote_expert_skill for o in orders if o.remote_expert_skill is not None]
            ),
            certificates=collected(
                [n for e in engineers for n in e.certificates] + [n for o in orders for n in o.certificates]
            ),
            parts=collected(
                [n for line in lines for n in (line.part, *line.substitutes)] + [n for s in stocks for n in s]
            ),
            regions=collected(
                [o.region for o in orders if o.region is not None]
                + [n for e in engineers for n in e.regions]
                + [n for v in vehicles for n in v.regions]
            ),
            classes=collected([c.cargo_class for c in cargo] + [n for v in vehicles for n in v.classes]),
            couplings=collected(
                [c.coupling for c in cargo if c.coupling is not None] + [n for v in vehicles for n in v.couplings]
            ),
        )


def find(index: Index, name: str, pointer: str, what: str) -> int:
    """Position of `name`. Raises ProblemError with a cure when the document has no such `what`."""
    try:
        return index[name]
    except KeyError:
        raise ProblemError(pointer, f"names no {what} of this document; add it or correct the id") from None
