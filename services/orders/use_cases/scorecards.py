"""Scorecards of stations and engineers for a month or a quarter, by versioned weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Conflict, Invalid
from services.orders.context import Orders
from services.orders.domain.kpis import period_span
from services.orders.domain.scorecards import Card, Of, Weights, card, weights_at
from services.orders.domain.told import ZONE
from services.orders.facts import WeightsPublished
from services.orders.store import finance
from services.orders.store.kpis import snapshots
from services.orders.use_cases.kpis import all_kpis, know_all, period_figures, sees

_DOCUMENT = TypeAdapter(Weights)
SHIPPED_BY = "product:roadcall"
"""Who made the version that a new installation begins with."""


@dataclass(frozen=True, slots=True)
class Scorecards:
    """The cards that a caller may see, best first; `version` of the weights they were made with."""

    version: int
    cards: tuple[Card, ...]
    outside: Mapping[str, Sequence[Row[Any]]]
    """Scores that others gave for the same period, by whom they are about."""


async def scorecards(context: Orders, caller: Principal, period: str, kind: Of) -> Scorecards:
    """The cards of all stations or engineers with cases in the period."""
    figures = (await period_figures(context, period)).figures
    begin = period_span(period)[0].astimezone(ZONE).date()
    weights = weights_at(await all_weights(context), begin)
    if weights is None:
        raise Invalid(f"there were no weights yet in {period}: publish a version with an earlier valid_from")
    scopes = sorted({scope for _, scope in figures if scope.kind == kind and sees(caller, scope)})
    cards = [card(weights.of(kind), figures, scope) for scope in scopes]
    ranked = sorted(cards, key=lambda one: (-(one.score if one.score is not None else -1), one.scope))
    async with context.db.read() as tx:
        outside = await finance.scores(tx, of=kind, period=period)
    return Scorecards(weights.version, tuple(ranked), outside)


async def all_weights(context: Orders) -> Sequence[Weights]:
    """Every version, oldest first: the shipped one, as it was when it was first asked for, and the maker's own."""
    async with context.db.read() as tx:
        rows = await snapshots.weights(tx)
    if not rows:
        async with context.db.transaction() as tx:
            rows = await _keep_shipped(context, tx)
    return [_DOCUMENT.validate_python(row.document) for row in rows]


async def _keep_shipped(context: Orders, tx: AsyncConnection) -> Sequence[Row[Any]]:
    """The shipped weights become the first version: another release that ships others changes no card."""
    await snapshots.hold_months(tx)
    if not await snapshots.weights(tx):
        await _add(context, tx, context.catalogue.weights, by=SHIPPED_BY)
    return await snapshots.weights(tx)


async def _add(context: Orders, tx: AsyncConnection, weights: Weights, *, by: str) -> None:
    document: dict[str, Any] = _DOCUMENT.dump_python(weights, mode="json")
    moment = context.clock.now()
    version, valid_from = weights.version, weights.valid_from
    await snapshots.add_weights(
        tx, version=version, valid_from=valid_from, document=document, made_by=by, made_at=moment
    )


async def publish_weights(context: Orders, caller: Principal, weights: Weights) -> None:
    """Add a version. Raises Invalid when it makes no sense, Conflict unless it is the next one."""
    await know_all(context)
    if faults := weights.faults(all_kpis(context)):
        raise Invalid("; ".join(faults), faults=faults)
    async with context.db.transaction() as tx:
        following = max(row.version for row in await _keep_shipped(context, tx)) + 1
        if weights.version != following:
            raise Conflict(f"the next version is {following}", next_version=following)
        await _add(context, tx, weights, by=caller.actor)
        told = WeightsPublished(version=weights.version)
        await append(tx, told, subject="scorecard_weights", actor=caller.actor)
