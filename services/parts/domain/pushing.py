"""From how much a place should hold to what is pushed there from its depot, and what the depot must buy. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kit.geo import distance_m
from kit.values import Place


@dataclass(frozen=True, slots=True)
class Site:
    """A depot or the shelf of a station; a depot without a territory is central."""

    place_id: str
    kind: str
    territory_id: str | None
    at: Place


@dataclass(frozen=True, slots=True)
class Push:
    """So many pieces to `place_id`: from a depot, or (None) from the maker."""

    place_id: str
    from_place_id: str | None
    target: int
    position: int
    quantity: int


def depots_of(sites: Sequence[Site]) -> dict[str, str]:
    """The depot that fills up each shelf: the nearest of its territory, else the nearest central one."""
    depots = [site for site in sites if site.kind == "depot"]
    found: dict[str, str] = {}
    for shelf in sites:
        if shelf.kind != "station":
            continue
        own = [depot for depot in depots if depot.territory_id == shelf.territory_id and shelf.territory_id is not None]
        central = [depot for depot in depots if depot.territory_id is None]
        if near := own or central:
            found[shelf.place_id] = min(near, key=lambda depot: distance_m(depot.at, shelf.at)).place_id
    return found


def pushes(
    depot_id: str, depot_target: int, targets: Mapping[str, int], positions: Mapping[str, tuple[int, int]]
) -> list[Push]:
    """One part: what goes from the depot to its shelves, and what the depot buys to hold its target afterwards.

    `targets` by shelf; `positions` by place: pieces free there, and pieces still coming. While the depot has some, the
    shelf that has the smallest share of its target gets the next piece.
    """
    position = {place: sum(positions.get(place, (0, 0))) for place in (*targets, depot_id)}
    lacking = {place: target - position[place] for place, target in targets.items() if target > position[place]}
    there, moving = positions.get(depot_id, (0, 0))
    free = max(0, there + min(0, moving))
    sent = dict.fromkeys(lacking, 0)
    for _ in range(min(free, sum(lacking.values()))):
        waiting = [place for place in lacking if sent[place] < lacking[place]]
        next_one = min(waiting, key=lambda place: ((position[place] + sent[place]) / targets[place], place))
        sent[next_one] += 1
    found = [Push(place, depot_id, targets[place], position[place], pieces) for place, pieces in sent.items() if pieces]
    buying = depot_target + sum(lacking.values()) - position[depot_id]
    if buying > 0:
        found.append(Push(depot_id, None, depot_target, position[depot_id], buying))
    return found
