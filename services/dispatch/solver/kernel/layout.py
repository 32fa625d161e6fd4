"""The kernel's memory: three flat arrays of int64, each a row of tables, and the names of tables and columns.

One flat array instead of many small ones because every array makes seven arguments of each call that passes it on. A
table is named by where its header stands: offset, width, rows.

Money in fen, time in seconds, places and all other things by index. Ranges `X_FIRST`, `X_END` are half open and point
into the table of that name. Lists shorter than their table's width are filled up with NOWHERE.
"""

from collections.abc import Mapping

import numpy as np

from ..compiled import typed
from ..problem import Ints

Facts = Ints
"""The problem. Nothing in it changes while the kernel works."""
State = Ints
"""A plan under construction with what is known about it."""
Desk = Ints
"""One worker's share of the plan and its scratch."""

HEADER = 3
"""Words of a table's header."""

NOWHERE = -1
"""No tour, no source, no vehicle; also: not allowed, must be there."""


@typed
def at(memory: Ints, table: int, row: int, column: int) -> int:
    """Where a table's cell is."""
    return int(memory[table] + row * memory[table + 1] + column)


@typed
def get(memory: Ints, table: int, row: int, column: int) -> int:
    """What a table's cell holds."""
    return int(memory[memory[table] + row * memory[table + 1] + column])


@typed
def cell(memory: Ints, table: int, row: int) -> int:
    """Where the cell of a table of one column is."""
    return int(memory[table] + row)


@typed
def value(memory: Ints, table: int, row: int) -> int:
    """What the cell of a table of one column holds."""
    return int(memory[memory[table] + row])


@typed
def width(memory: Ints, table: int) -> int:
    """Columns of a table."""
    return int(memory[table + 1])


@typed
def rows(memory: Ints, table: int) -> int:
    """Rows of a table."""
    return int(memory[table + 2])


def allocate(shapes: Mapping[int, tuple[int, int]]) -> Ints:
    """Memory for tables of these (rows, columns), all zero."""
    offset = HEADER * len(shapes)
    memory = np.zeros(offset + sum(rows * columns for rows, columns in shapes.values()), np.int64)
    for table, (rows, columns) in shapes.items():
        memory[table : table + HEADER] = offset, columns, rows
        offset += rows * columns
    return memory


def view(memory: Ints, table: int) -> Ints:
    """A table as [row, column]; writing to it writes to the memory."""
    offset, columns, rows = memory[table : table + HEADER].tolist()
    return memory[offset : offset + rows * columns].reshape(rows, columns)


def _tables(count: int) -> range:
    return range(0, HEADER * count, HEADER)


# ---- facts
(
    LEGS,
    PAIRS,
    ORDERS,
    WINDOWS,
    CLOCKS,
    LINES,
    PARTS,
    DELIVERIES,
    TOURS,
    FROZEN,
    DEPOTS,
    NEAR_DEPOTS,
    QUOTES,
    NEIGHBOURS,
    NEAR_TOURS,
    BREAKS,
    PACE,
    PRICES,
) = _tables(18)
# LEGS: [from place, to place] metres and seconds in one word, see `driving`
# PAIRS: [order, two columns per engineer]; service time NOWHERE: may not do the order
SERVICE, PAIR_FEN = 0, 1
# ORDERS: [order], then the second engineers of crews; TIED: its start is agreed on with others, see `ties`
(
    PLACE,
    WINDOW_FIRST,
    WINDOW_END,
    CLOCK_FIRST,
    CLOCK_END,
    CARGO_CLOCK,
    CARGO_DRIVE,
    LINE_FIRST,
    LINE_END,
    QUOTE_FIRST,
    QUOTE_END,
    PREVENTIVE,
    TIED,
    TOLD_ENGINEER,
    TOLD_START,
    TOLD_HELD,
    DROP_FEN,
    FIXED,
    UNDERWAY_START,
    UNDERWAY_END,
    URGENCY,
) = range(21)
ORDER_COLUMNS = 21
# WINDOWS: [window]
FIRST, LAST = range(2)
# CLOCKS: [clock]
DUE, FEN_PER_HOUR, BREACH_FEN, CAP_FEN, AT_END, OR_CARGO = range(6)
# LINES: [kit line]; MISS_FEN NOWHERE: it must be there
QUANTITY, MISS_FEN, PART_FIRST, PART_END, DELIVERY_FIRST, DELIVERY_END = range(6)
# PARTS: [acceptable part], preferred first
# DELIVERIES: [delivery] cheapest first for each line
KIND, FROM_PLACE, ARRIVES_AT, FEE_FEN = range(4)
# TOURS: [tour]
(
    ENGINEER,
    START_PLACE,
    END_PLACE,
    FREE_FROM,
    SHIFT_END,
    LIMIT,
    MAX_ORDERS,
    PREVENTIVE_ROOM,
    FROZEN_FIRST,
    FROZEN_END,
    EARLIER,
    LATER,
    BREAK_FIRST,
    BREAK_END,
    UNIT,
    HISTORY,
    NIGHTS,
    NIGHT_FEN,
    MAX_NIGHTS,
) = range(19)
TOUR_COLUMNS = 19
# HISTORY: the engineer's burden before this plan; EARLIER, LATER: the same engineer's tour before and after, what is
# fetched on one is there on the next; NIGHTS, NIGHT_FEN: of a stay after the tour, 0 where there is none; MAX_NIGHTS:
# of the engineer over the plan
# FROZEN: orders under way, tour after tour
# DEPOTS: [depot]
DEPOT_PLACE, PICKUP, OPEN_FIRST, OPEN_END, SHELF, PICKUP_FEN = range(6)
# NEAR_DEPOTS: [order] depots by the drive to the site
# QUOTES: [quote] of an order sorted by what the vehicle leaves to pay
VEHICLE, CARGO_AT, DELIVERED_AT, QUOTE_FEN, DEPART = range(5)
# NEIGHBOURS: [order] nearest other orders; NEAR_TOURS: [order] most promising tours
# BREAKS: [break] tour after tour, in order of time
BREAK_EARLIEST, BREAK_LATEST, BREAK_SECONDS = range(3)
# PACE: [span] from when on, units of driving that a light and a heavy vehicle make in a second; UNIT: which of the two
# columns is the tour's
SINCE, LIGHT_UNITS, HEAVY_UNITS = range(3)
# PRICES
(
    OVERTIME_FEN,
    CHANGE_TIME_FEN,
    TOLERANCE,
    HORIZON_END,
    FIRST_DEPOT,
    FAIRNESS_FEN,
    FAIRNESS_FREE,
    TRAVEL_FEN,
    DISTANCE_FEN,
    LEAN_BREACH_FEN,
    LEAN_DROP_FEN,
) = range(11)
# LEAN_*: what a broken clock and an order left out cost more while the search leans, see `leaning`; else 0

# ---- state
(
    VISITS,
    LENGTH,
    FREE,
    TAKEN,
    SPENT,
    TOUR_FEN,
    TOUR_OF,
    SOURCE,
    RELEASE,
    KIT_FEN,
    CASE,
    MOVED,
    DELIVERED,
    AGREED,
    SESSION,
    LEFT,
    BUSY,
    ORDERS_ON,
    PREVENTIVE_ON,
    STAYS,
    BEGINS_AT,
    TOTAL,
) = _tables(22)
# VISITS: [tour, position] an order, or -1 - depot; LENGTH: [tour]; FREE, TAKEN, SPENT: [tour, position] before that
# position: when the engineer is free, the next break to take, fen of the tour; TOUR_FEN: [tour] with the way home
# TOUR_OF: [order]
# SOURCE: [kit line]
FROM, PART, DELIVERY = range(3)
# RELEASE, KIT_FEN: [order] when deliveries are there, price of the kit; CASE: [order] quote; MOVED, DELIVERED: [order]
# what a replacement vehicle means; AGREED: [order] the only start that is allowed, FOREVER when any is; SESSION:
# [order] the expert who joins, his fee is in KIT_FEN; LEFT: [stock place, part] pieces that nobody uses; BUSY:
# [vehicle] 1 + the order that has it
# ORDERS_ON, PREVENTIVE_ON: [tour] number of orders, seconds of preventive work; STAYS: [tour] HOME, or the night is
# spent at the last stop; BEGINS_AT: [tour] its START_PLACE unless the tour before stays; TOTAL: price
# of the plan
HOME, STAYING, OPEN = range(3)
# STAYING: the last stop is where the next tour begins, nothing comes behind it; OPEN: that is still being planned

# ---- desk
(
    OWN_TOURS,
    OWN_ORDERS,
    SEEDS,
    TOUCHED_TOURS,
    TOUCHED_ORDERS,
    TOUR_MARK,
    ORDER_MARK,
    STALE_TOURS,
    STALE_ORDERS,
    IS_STALE_TOUR,
    IS_STALE_ORDER,
    COUNTS,
    KIT_SOURCE,
    KIT_DEPOTS,
    KIT_RELEASE,
    KIT_PRICE,
    MISSING,
    MARKS,
    REMOVED,
    KEYS,
    REST,
    DICE,
) = _tables(22)
# OWN_TOURS, OWN_ORDERS: 1 for what the worker may change; SEEDS: the orders among them
# TOUCHED_*: what the running trial has changed; *_MARK: equal to the running mark when listed there;
# STALE_*: what changed since the best plan was kept
N_TOURS, N_ORDERS, N_STALE_TOURS, N_STALE_ORDERS, MARK = range(5)
# KIT_SOURCE: [kit, three columns per line]; KIT_DEPOTS: [kit, rank] to be visited before; the row after the last kit
# is scratch
KITS = 53
"""Kits compared for one order in one tour."""
# MISSING: depots of a kit that a tour does not visit yet; MARKS: [tour] equal to the first cell when looked at
# REMOVED, KEYS: orders to insert and how they are sorted; REST: a tour's stops while it is rewritten; DICE: one word

STOPS = 200
"""Stops on one tour, at most."""
