"""What dispatch plans with: free stock, substitutes, couriers and costs of one territory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.context import Context
from services.parts.domain.fitting import Machine, Rule, misfits
from services.parts.domain.substitution import Option, options
from services.parts.store import catalogue, claims, shelves


@dataclass(frozen=True)
class PlanStock:
    """Rows of the database that together answer `plan-stock`; `free` is by place, then part; `misfits` by order."""

    places: Sequence[Row[Any]]
    free: dict[str, dict[str, int]]
    substitutes: dict[str, list[Option]]
    lanes: Sequence[Row[Any]]
    unit_cost: dict[str, int]
    moved: Sequence[Row[Any]]
    misfits: dict[str, frozenset[str]]


async def plan_stock(
    context: Context, *, territory_id: str, parts: Collection[str], orders: Mapping[str, Machine | None]
) -> PlanStock:
    """All stock that a new plan of the territory may use for `orders` (each with its machine), in one snapshot.

    Free is what is on hand, less what other orders have reserved or picked up, less the holds of other territories.
    What `orders` have reserved themselves is free for the new plan. Only places and parts with free pieces appear.
    """
    async with context.db.read() as tx:
        others = await standing_in(tx, parts)
        wanted = sorted({*parts, *(option.part for options in others.values() for option in options)})
        rules = await stand_in_rules(tx, others)
        places = await catalogue.places_of_territory(tx, territory_id)
        names = [row.place_id for row in places]
        free = await shelves.free(
            tx,
            places=names,
            parts=wanted,
            territory_id=territory_id,
            orders=frozenset(orders),
            now=context.clock.now(),
        )
        return PlanStock(
            places=places,
            free=free,
            substitutes=others,
            lanes=await catalogue.lanes(tx, names),
            unit_cost=await catalogue.known_parts(tx, wanted),
            moved=await claims.moved_pieces(tx, orders),
            misfits={
                order: found for order, machine in orders.items() if machine and (found := misfits(rules, machine))
            },
        )


async def standing_in(tx: AsyncConnection, parts: Collection[str]) -> dict[str, list[Option]]:
    """What can stand in for each of `parts`, in order of preference; parts without any are left out."""
    steps = await catalogue.steps_from(tx, parts)
    return {part: found for part in sorted(parts) if (found := options(part, steps))}


async def stand_in_rules(tx: AsyncConnection, options: Mapping[str, Sequence[Option]]) -> dict[str, list[Rule]]:
    """The rules of fit of everything that can stand in for something."""
    return await catalogue.rules_of(tx, {option.part for found in options.values() for option in found})
