"""The cheapest route of one tour under tolls: label setting over (node, instant), compiled.

A label is a way to stand at a node, ready to leave. Another one at the same node needs no label of its own when it is
ready no earlier, has paid no less, remembers every order that this one remembers and has passed no depot that this one
has not: whatever it can do next, this one can do at the same instants for no more. Lateness and overtime only grow with
time, so of each offer the earliest start is enough. And none is needed where even the cheapest continuation that
forgets every order and passes all depots with the second one (`ahead`) stays at or above `bar`.
"""

from typing import NamedTuple

import numpy as np

from services.dispatch.solver.compiled import entry, kernel

from .tables import (
    AT_END,
    BIT,
    BREACH,
    CAP,
    CARGO_AT,
    CLOCK_END,
    CLOCK_FIRST,
    DELIVERED_AT,
    DEPOT,
    DRIVE,
    DUE,
    FIXED_FEN,
    OF_CARGO,
    OR_CARGO,
    PASSED,
    RATE,
    RELIEF_END,
    RELIEF_FEN,
    RELIEF_FIRST,
    SERVICE,
    UNREACHABLE,
    Tables,
)
from .tolls import Ints

NODE, READY, PRICE, MEMORY, DEPOTS, BEFORE, OFFER, START, OUT, NEXT, PEER = range(11)
"""Columns of `labels`. BEFORE: the label that it goes on from; OUT: another one stands for it; NEXT, PEER: the chains
of its slot and of its node."""
NONE = -1
FULL = -2
"""In the place of a number of labels: there was no room for another one."""


class Desk(NamedTuple):
    """What the search fills. `labels`: [label, column]; `slots`: [slot] first label that is ready then; `peers`: [node]
    first label there; `best`: [node] label with which a route whose last stop is there is cheapest."""

    labels: Ints
    slots: Ints
    peers: Ints
    best: Ints


def desk(labels: Ints, nodes: int, slots: int) -> Desk:
    """An empty desk over this memory for labels, for so many nodes and slots."""
    empty = (np.empty(slots, np.int64), np.empty(nodes, np.int64), np.empty(nodes, np.int64))
    return Desk(labels, *empty)


def room(labels: int) -> Ints:
    """Memory for so many labels."""
    return np.empty((labels, 11), np.int64)


@kernel
def _promised(on: Tables, node: int, start: int, end: int) -> int:
    """Lateness of the order with its cheapest relief, whose price and toll are in it."""
    best = 0
    for relief in range(on.nodes[node, RELIEF_FIRST], on.nodes[node, RELIEF_END]):
        fen = on.reliefs[relief, RELIEF_FEN]
        for clock in range(on.nodes[node, CLOCK_FIRST], on.nodes[node, CLOCK_END]):
            stopped = end if on.clocks[clock, AT_END] else start
            if on.clocks[clock, OF_CARGO]:
                delivered = on.reliefs[relief, DELIVERED_AT]
                stopped = end + on.nodes[node, DRIVE] if delivered == NONE else delivered
            elif on.clocks[clock, OR_CARGO]:
                stopped = min(stopped, on.reliefs[relief, CARGO_AT])
            late = stopped - on.clocks[clock, DUE]
            if late > 0:
                hourly = -(-on.clocks[clock, RATE] * late // 3600)
                fen += min(on.clocks[clock, CAP], on.clocks[clock, BREACH] + hourly)
        if relief == on.nodes[node, RELIEF_FIRST] or fen < best:
            best = fen
    return best


@kernel
def _home_fen(on: Tables, node: int, ready: int) -> int:
    """Price of driving home now, overtime included; UNREACHABLE after the limit."""
    home = on.fen.shape[1] - 1
    back = ready + on.seconds[node, home]
    if back > on.limit:
        return UNREACHABLE
    over = max(0, back - on.end)
    fen: int = on.fen[node, home] - (-on.overtime_rate * over // 3600)
    return fen


@entry
def look_ahead(on: Tables, ahead: Ints, arrive: Ints) -> int:
    """Fill ahead[stage, node, slot]: no continuation from there, ready in the slot or later, costs less; and
    arrive[stage, node, slot]: nor does one that begins with work there, reached in the slot or later. In stage 0 no
    depot was passed yet, in the next ones, if there are more than two, that one depot, in the last one all.

    No stop is shorter than a slot, so that every continuation leads into a later one, which is known already.
    """
    for stage in range(len(ahead) - 1, -1, -1):
        for slot in range(ahead.shape[2] - 1, -1, -1):
            now = on.begin + slot * on.width
            for to in range(len(on.nodes)):
                arrive[stage, to, slot] = _work_ahead(on, ahead, stage, to, now)
            for node in range(ahead.shape[1]):
                best = _home_fen(on, node, now)
                for to in range(len(on.nodes)):
                    there = now + on.seconds[node, to]
                    if to != node and there <= on.limit:
                        best = min(best, on.fen[node, to] + arrive[stage, to, (there - on.begin) // on.width])
                ahead[stage, node, slot] = best
    return 0


@kernel
def _stage(depots: int, last: int) -> int:
    """In which of the stages of `look_ahead` these depots were passed."""
    if depots == 0:
        return 0
    if depots & (depots - 1):
        return last
    stage = 1
    while stage < last and depots >> stage:
        stage += 1
    return stage


@kernel
def _work_ahead(on: Tables, ahead: Ints, stage: int, to: int, there: int) -> int:
    """The least price of work there and of whatever follows, reached then."""
    best, last = UNREACHABLE, len(ahead) - 1
    passed = 1 << (stage - 1) if stage else 0
    following = _stage(passed | on.nodes[to, DEPOT], last) if stage < last else last
    for offer in range(on.span[to, 0], on.span[to, 1 if stage == last else 2]):
        start = max(there, on.offers[offer, 0])
        end = start + on.nodes[to, SERVICE]
        suffices = stage == last or not on.offers[offer, PASSED] & ~passed
        if suffices and start <= on.offers[offer, 1] and end <= on.limit:
            rest = ahead[following, to, (end - on.begin) // on.width]
            best = min(best, on.offers[offer, 2] + _promised(on, to, start, end) + rest)
    fen: int = best + on.nodes[to, FIXED_FEN] - on.gain[to]
    return fen


@entry
def label(on: Tables, ahead: Ints, bar: int, strict: bool, desk: Desk) -> int:
    """Fill the desk. Returns the number of labels, FULL when more were needed than there is room for.

    Not `strict`: cheap and soon ready is enough to stand for others, whatever is remembered; what is found are routes
    still, but not always the cheapest.
    """
    desk.slots[:] = NONE
    desk.peers[:] = NONE
    desk.best[:] = NONE
    _write(desk, 0, len(on.nodes), on.begin, 0)
    desk.labels[0, MEMORY], desk.labels[0, DEPOTS], desk.labels[0, BEFORE] = 0, 0, NONE
    count = 1
    desk.labels[0, NEXT], desk.slots[0] = NONE, 0
    for slot in range(len(desk.slots)):
        while desk.slots[slot] != NONE:
            now = desk.slots[slot]
            desk.slots[slot] = desk.labels[now, NEXT]
            if not desk.labels[now, OUT]:
                _note_end(on, desk, now)
                count = _go_on(on, ahead, bar, strict, desk, now, count)
                if count == FULL:
                    return FULL
    return count


@kernel
def _write(desk: Desk, label: int, node: int, ready: int, price: int) -> None:
    desk.labels[label, NODE], desk.labels[label, READY], desk.labels[label, PRICE] = node, ready, price
    desk.labels[label, OUT] = 0


@kernel
def _note_end(on: Tables, desk: Desk, now: int) -> None:
    labels, node = desk.labels, desk.labels[now, NODE]
    other = desk.best[node]
    price = labels[now, PRICE] + _home_fen(on, node, labels[now, READY])
    if other == NONE or price < labels[other, PRICE] + _home_fen(on, node, labels[other, READY]):
        desk.best[node] = now


@kernel
def _go_on(on: Tables, ahead: Ints, bar: int, strict: bool, desk: Desk, now: int, count: int) -> int:
    """Write all labels that go on from this one by one stop; returns how many there are then, or FULL."""
    labels = desk.labels
    node, ready, memory, depots = labels[now, NODE], labels[now, READY], labels[now, MEMORY], labels[now, DEPOTS]
    for to in range(len(on.nodes)):
        there = ready + on.seconds[node, to]
        if to == node or on.nodes[to, DEPOT] & depots or there > on.limit:
            continue
        known = 0 if node == len(on.nodes) else memory & on.keep[node, to]
        if known & on.nodes[to, BIT]:
            continue
        paid = labels[now, PRICE] + on.fen[node, to] + on.nodes[to, FIXED_FEN] - on.gain[to]
        kept = known | on.nodes[to, BIT]
        passed = depots | on.nodes[to, DEPOT]
        for offer in range(on.span[to, 0], on.span[to, 2]):
            if on.offers[offer, PASSED] & ~depots:
                continue
            start = max(there, on.offers[offer, 0])
            end = start + on.nodes[to, SERVICE]
            if start > on.offers[offer, 1] or end > on.limit:
                continue
            price = paid + on.offers[offer, 2] + _promised(on, to, start, end)
            slot = (end - on.begin) // on.width
            if price + ahead[_stage(passed, len(ahead) - 1), to, slot] >= bar or not _is_needed(
                desk, to, end, price, kept, passed, strict
            ):
                continue
            if count == len(labels):
                return FULL
            _write(desk, count, to, end, price)
            labels[count, MEMORY], labels[count, DEPOTS], labels[count, BEFORE] = kept, passed, now
            labels[count, OFFER], labels[count, START] = offer, start
            labels[count, NEXT], desk.slots[slot] = desk.slots[slot], count
            labels[count, PEER], desk.peers[to] = desk.peers[to], count
            count += 1
    return count


@kernel
def _is_needed(desk: Desk, node: int, ready: int, price: int, memory: int, depots: int, strict: bool) -> bool:
    """Whether no label stands for this one; those for which it stands leave."""
    labels, peers = desk.labels, desk.peers
    last, other = NONE, peers[node]
    while other != NONE:
        following = labels[other, PEER]
        known, passed = (labels[other, MEMORY], labels[other, DEPOTS]) if strict else (memory, depots)
        no_less = known & memory == known and passed & depots == depots
        no_more = known & memory == memory and passed & depots == passed
        if no_less and labels[other, READY] <= ready and labels[other, PRICE] <= price:
            return False
        if no_more and ready <= labels[other, READY] and price <= labels[other, PRICE]:
            labels[other, OUT] = 1
            if last == NONE:
                peers[node] = following
            else:
                labels[last, PEER] = following
        else:
            last = other
        other = following
    return True
