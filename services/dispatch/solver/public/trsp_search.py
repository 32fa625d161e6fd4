"""Ruin by adjacent strings and recreate by cheapest insertion with blinks, accepted by annealing: the kernel for TRSP.

The depot is decided with every insertion: all pairs of its place and the request's are priced.
"""

import math

from ..compiled import entry, kernel
from .absent import sort_absent
from .chance import Dice, below, roll
from .problems import Floats, Ints
from .trsp_routes import (
    ABSENT,
    BEST,
    CARRIED,
    COST,
    DEPOT,
    NEVER,
    SAVED,
    STEP,
    STOPS,
    TOUCHED,
    VERSION,
    Routes,
    Scene,
    count_parts,
    insert,
    joined,
    keep_best,
    piece,
    restore,
    retime,
    save,
    settle,
    shortest,
    visit,
)

STRING = 10
"""Longest string removed from one route."""
SHUFFLED = 2
"""Draws of an order of insertion that leave the absent shuffled, beside one for each way of sorting."""

BLINK = 0.01
"""Chance to overlook a route, so that the same ruin is recreated differently."""
SPLIT = 0.5
"""Chance that a string keeps a request in its middle."""
WHOLE = 0.05
"""Chance that a route of at most twice `STRING` requests is removed as a whole: strings alone hardly close one."""
OPENING = 0.1
"""Chance that the first absent request goes to somebody at home: cheapest insertion hardly ever sends one more out."""
HANDED = 0.05
"""Chance that the random request's route goes to somebody at home first: request by request it hardly ever does."""


@kernel
def carried_with(scene: Scene, routes: Routes, route: int, node: int) -> int:
    """How many of the first requests can be served before the depot when `node` is, too; -1: it cannot itself."""
    parts, used = scene.parts, routes.used
    if not scene.equipped[route, node]:
        return -1
    for count in range(routes.facts[route, CARRIED], -1, -1):
        fits = True
        for part in range(parts.shape[1]):
            fits = fits and used[route, count, part] + parts[node, part] <= parts[route + 1, part]
        if fits:
            return count
    return -1


@kernel
def quote_bare(
    distance: Floats, wants: Floats, path: Ints, ahead: Floats, behind: Floats, count: int, node: int, quote: Floats
) -> None:
    """Cheapest position where no depot is needed: (duration, position) into `quote`."""
    own = visit(wants, node)
    for position in range(count + 1):
        start = joined(piece(ahead, position), distance[path[position], node], own)
        if start[0] >= NEVER:
            break  # later positions start later still
        found = joined(start, distance[node, path[position + 1]], piece(behind, position))[0]
        if found < quote[0]:
            quote[0], quote[1] = found, position


@kernel
def quote_depot_first(
    distance: Floats,
    wants: Floats,
    path: Ints,
    ahead: Floats,
    behind: Floats,
    count: int,
    carried: int,
    node: int,
    quote: Floats,
) -> None:
    """Cheapest pair of a depot visit, after at most `carried` requests, and a later position."""
    own, depot = visit(wants, node), visit(wants, DEPOT)
    for via in range(carried + 1):
        here = DEPOT
        start = joined(piece(ahead, via), distance[path[via], DEPOT], depot)
        for position in range(via, count + 1):
            after = path[position + 1]
            served = joined(start, distance[here, node], own)
            if served[0] >= NEVER:
                break
            found = joined(served, distance[node, after], piece(behind, position))[0]
            if found < quote[0]:
                quote[0], quote[1] = found, position
            start = joined(start, distance[here, after], visit(wants, after))
            here = after


@kernel
def quote_depot_later(
    distance: Floats,
    wants: Floats,
    path: Ints,
    ahead: Floats,
    behind: Floats,
    carried: int,
    node: int,
    quote: Floats,
) -> None:
    """Cheapest pair of a position and a later depot visit, with at most `carried` other requests before it."""
    own, depot = visit(wants, node), visit(wants, DEPOT)
    for position in range(carried + 1):
        here = node
        start = joined(piece(ahead, position), distance[path[position], node], own)
        for via in range(position, carried + 1):
            if start[0] >= NEVER:
                break
            after = path[via + 1]
            stocked = joined(start, distance[here, DEPOT], depot)
            found = joined(stocked, distance[DEPOT, after], piece(behind, via))[0]
            if found < quote[0]:
                quote[0], quote[1] = found, position
            start = joined(start, distance[here, after], visit(wants, after))
            here = after


@kernel
def renew_quote(scene: Scene, routes: Routes, route: int, node: int) -> None:
    """Price the cheapest insertion of a request into a route."""
    distance, wants, quote = scene.distance, scene.wants, routes.quotes[route, node]
    path, ahead, behind = routes.path[route], routes.ahead[route], routes.behind[route]
    count = routes.facts[route, STOPS]
    quote[0] = NEVER
    carried = carried_with(scene, routes, route, node)
    if carried == count:
        quote_bare(distance, wants, path, ahead, behind, count, node, quote)
    else:
        most = routes.facts[route, CARRIED]
        quote_depot_first(distance, wants, path, ahead, behind, count, most, node, quote)
        quote_depot_later(distance, wants, path, ahead, behind, carried, node, quote)
    if quote[0] < NEVER:
        quote[0] -= routes.durations[route]


@kernel
def cheapest(scene: Scene, routes: Routes, dice: Dice, node: int, opening: bool) -> int:
    """The route (`opening`: of those without requests) into which the request costs least; -1: none.

    Prices of unchanged routes are remembered.
    """
    quotes, quoted, facts = routes.quotes, routes.quoted, routes.facts
    least, chosen = NEVER, -1
    for route in range(len(facts)):
        if not scene.skilled[route, node] or (opening and facts[route, STOPS]):
            continue
        if quoted[route, node] != facts[route, VERSION]:
            quoted[route, node] = facts[route, VERSION]
            renew_quote(scene, routes, route, node)
        if quotes[route, node, 0] < least and roll(dice) >= BLINK:
            least, chosen = quotes[route, node, 0], route
    return chosen


@kernel
def recreate(scene: Scene, routes: Routes, dice: Dice) -> None:
    """Serve the absent requests again, each where it costs least; who fits nowhere stays absent."""
    absent, left = routes.absent, 0
    sort_absent(scene.ranks, SHUFFLED, absent, routes.counts[ABSENT], dice)
    opening = roll(dice) < OPENING
    for index in range(routes.counts[ABSENT]):
        node, chosen = absent[index], -1
        if opening and index == 0:
            chosen = cheapest(scene, routes, dice, node, True)
        if chosen < 0:
            chosen = cheapest(scene, routes, dice, node, False)
        if chosen < 0:
            absent[left] = node
            left += 1
        else:
            insert(scene, routes, chosen, int(routes.quotes[chosen, node, 1]), node)
    routes.costs[COST] += scene.absence * (left - routes.counts[ABSENT])
    routes.counts[ABSENT] = left


@kernel
def remove_string(scene: Scene, routes: Routes, dice: Dice, node: int, longest: float) -> None:
    """Take a random string with the request out of its route."""
    route, counts = routes.owner[node], routes.counts
    save(routes, route)
    path, total = routes.path[route], routes.facts[route, STOPS]
    length = int(1 + roll(dice) * min(total, longest))
    if total <= 2 * STRING and roll(dice) < WHOLE:
        length = total
    kept = 1 if 1 < length < total and roll(dice) < SPLIT else 0
    spot, span = 1, length + kept
    while path[spot] != node:
        spot += 1
    lowest, highest = max(1, spot - span + 1), min(spot, total - span + 1)
    first = lowest + below(dice, highest - lowest + 1)
    gap = first + 1 + below(dice, length - 1) if kept else -1
    left = first
    for index in range(first, total + 1):
        if index == gap or index >= first + span:
            path[left] = path[index]
            left += 1
        else:
            routes.owner[path[index]] = -1
            routes.absent[counts[ABSENT]] = path[index]
            counts[ABSENT] += 1
            routes.costs[COST] += scene.absence
    path[left] = route + 1
    routes.facts[route, STOPS] = left - 1
    settle(scene, routes, route)


@kernel
def at_home(scene: Scene, routes: Routes, dice: Dice, route: int) -> int:
    """Somebody at home with the skills for all requests of a route, the first from a random one on; -1: nobody."""
    people = len(routes.facts)
    first = below(dice, people)
    for index in range(people):
        other = (first + index) % people
        able = routes.facts[other, STOPS] == 0
        for spot in range(1, routes.facts[route, STOPS] + 1):
            able = able and scene.skilled[other, routes.path[route, spot]]
        if able:
            return other
    return -1


@kernel
def hand_over(scene: Scene, routes: Routes, dice: Dice, route: int) -> None:
    """Give a route to somebody at home who can drive it; it stays where the first one asked cannot, or nobody is."""
    other = at_home(scene, routes, dice, route)
    if other < 0:
        return
    path, facts, count = routes.path, routes.facts, routes.facts[route, STOPS]
    save(routes, other)
    for spot in range(1, count + 1):
        path[other, spot] = path[route, spot]
    path[other, count + 1] = other + 1
    if not is_drivable(scene, routes, other, count):
        path[other, 1] = other + 1
        settle(scene, routes, other)
        return
    save(routes, route)
    for spot in range(1, count + 1):
        routes.owner[path[other, spot]] = other
    path[route, 1] = route + 1
    facts[other, STOPS], facts[route, STOPS] = count, 0
    settle(scene, routes, route)
    settle(scene, routes, other)


@kernel
def is_drivable(scene: Scene, routes: Routes, route: int, count: int) -> bool:
    """Whether the path of so many requests that was written for a route can be driven; its pieces are renewed."""
    path, ahead, behind, used = routes.path[route], routes.ahead[route], routes.behind[route], routes.used[route]
    retime(scene.distance, scene.wants, path, ahead, behind, count)
    carried = count_parts(scene.parts, scene.equipped, path, used, route, count)
    return shortest(scene.distance, scene.wants, path, ahead, behind, count, carried)[0] < NEVER


@kernel
def ruin(scene: Scene, routes: Routes, dice: Dice, removed: float) -> None:
    """Remove strings from routes around a random request, whose own route perhaps goes to somebody else before."""
    people = len(routes.facts)
    served = len(routes.owner) - people - 1 - routes.counts[ABSENT]
    if served == 0:
        return
    used = 0
    for route in range(people):
        used += routes.facts[route, STOPS] > 0
    longest = min(STRING, served / used)
    strings = int(1 + roll(dice) * (4 * removed / (1 + longest) - 1))
    seed = people + 1 + below(dice, len(routes.owner) - people - 1)
    if routes.owner[seed] >= 0 and roll(dice) < HANDED:
        hand_over(scene, routes, dice, routes.owner[seed])
    for rank in range(scene.near.shape[1]):
        node = scene.near[seed, rank]
        route = routes.owner[node]
        if route < 0 or routes.facts[route, SAVED] == routes.counts[STEP]:
            continue
        remove_string(scene, routes, dice, node, longest)
        strings -= 1
        if strings <= 0:
            break


@kernel
def take_up(scene: Scene, routes: Routes) -> None:
    """Drive the routes of `best` again; who is on none of them becomes absent."""
    path, facts, owner, counts = routes.path, routes.facts, routes.owner, routes.counts
    people, absent = len(facts), 0
    owner[:] = -1
    for route in range(people):
        count = routes.best_facts[route, STOPS]
        for index in range(1, count + 1):
            path[route, index] = routes.best[route, index]
            owner[path[route, index]] = route
        path[route, count + 1] = route + 1
        facts[route, STOPS] = count
        settle(scene, routes, route)
    for node in range(people + 1, len(owner)):
        if owner[node] < 0:
            routes.absent[absent] = node
            absent += 1
    routes.costs[COST] += scene.absence * (absent - counts[ABSENT])
    counts[ABSENT] = absent


@kernel
def construct(scene: Scene, routes: Routes, dice: Dice) -> None:
    """First routes: those of `best`, and one cheapest insertion after the other."""
    take_up(scene, routes)
    recreate(scene, routes, dice)
    keep_best(routes)


@entry
def improve(
    scene: Scene,
    routes: Routes,
    dice: Dice,
    removed: float,
    hot: float,
    cold: float,
    share: float,
    slope: float,
    begin: int,
    steps: int,
) -> None:
    """Steps `begin` to `begin` + `steps` - 1 of annealing at hot * (cold / hot) ** (share + slope * step)."""
    counts, costs = routes.counts, routes.costs
    cooling = math.log(cold / hot)
    for index in range(begin, begin + steps):
        counts[STEP] += 1
        counts[TOUCHED] = 0
        if index == 0:
            construct(scene, routes, dice)
            continue
        before, were = costs[COST], counts[ABSENT]
        for spot in range(were):
            routes.saved_absent[spot] = routes.absent[spot]
        ruin(scene, routes, dice, removed)
        recreate(scene, routes, dice)
        temperature = hot * math.exp(cooling * (share + slope * index))
        if costs[COST] < costs[BEST] - 1e-9:
            keep_best(routes)
        elif costs[COST] > before - temperature * math.log(max(roll(dice), 1e-300)):
            restore(scene, routes)
            costs[COST], counts[ABSENT] = before, were
            for spot in range(were):
                routes.absent[spot] = routes.saved_absent[spot]
                routes.owner[routes.absent[spot]] = -1
