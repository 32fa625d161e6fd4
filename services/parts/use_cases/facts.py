"""What engineers did with parts: picked up, used, brought back. Facts are booked even when the records disagree."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.ids import new_id
from services.messages import PartsPickedUp, PartsUsed
from services.parts.domain.shelf import Claim, Shelf, ShelfKey
from services.parts.store import catalogue, claims, records, shelves
from services.parts.use_cases import cores, ledger, telling


@dataclass(frozen=True, slots=True)
class Pieces:
    """So many pieces of a part."""

    part: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What all bookings of one report share."""

    order_id: str
    appointment_id: str | None = None
    engineer_id: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Booked:
    """A line as it was booked; `discrepancy` says where the records disagreed."""

    part: str
    quantity: int
    discrepancy: str | None = None


@dataclass
class _Book:
    """The bookings of one fact while they are made."""

    fact: Fact
    costs: dict[str, int]
    locked: shelves.Shelves
    ended: bool
    movements: list[dict[str, Any]] = field(default_factory=list)
    discrepancies: list[dict[str, Any]] = field(default_factory=list)
    displaced: list[tuple[ShelfKey, Claim]] = field(default_factory=list)

    def shelf(self, key: ShelfKey) -> Shelf:
        return self.locked.by_key[key]

    def move(self, kind: ledger.Kind, key: ShelfKey, quantity: int) -> None:
        fact = self.fact
        about = {"order_id": fact.order_id, "appointment_id": fact.appointment_id, "engineer_id": fact.engineer_id}
        cost = self.costs[key[1]]
        line = ledger.entry(kind, key, quantity, unit_cost_fen=cost, actor=fact.actor, at=fact.at, **about)
        self.movements.append(line)

    def disagree(self, reason: str, act: str, place_id: str, pieces: Pieces) -> Booked:
        row: dict[str, Any] = {"id": new_id(), "reason": reason, "act": act, "place_id": place_id, "part": pieces.part}
        row |= {"quantity": pieces.quantity, "order_id": self.fact.order_id}
        row |= {"engineer_id": self.fact.engineer_id, "at": self.fact.at}
        self.discrepancies.append(row)
        return Booked(pieces.part, pieces.quantity, reason)

    def take(self, act: str, kind: ledger.Kind, key: ShelfKey, pieces: Pieces) -> Booked:
        """Pieces leave a shelf; what was not on record there is found first, so that the ledger stays true."""
        taking = self.shelf(key).take(self.fact.order_id, pieces.quantity)
        booked = Booked(pieces.part, pieces.quantity)
        if taking.found:
            self.move("found", key, taking.found)
            self.disagree("not_on_record", act, key[0], Pieces(pieces.part, taking.found))
            booked = Booked(pieces.part, pieces.quantity, "not_on_record")
        self.move(kind, key, -pieces.quantity)
        self.displaced += [(key, claim) for claim in taking.displaced]
        return booked

    async def write(self, tx: AsyncConnection) -> None:
        await shelves.save(tx, self.locked)
        await shelves.append_movements(tx, self.movements)
        await records.add_discrepancies(tx, self.discrepancies)
        await telling.short(tx, self.displaced, actor=self.fact.actor)


async def _open(
    tx: AsyncConnection, fact: Fact, *, places: Collection[str | None], parts: Collection[str], now: datetime
) -> _Book:
    """Lock the shelves of those places and parts that exist."""
    costs = await catalogue.known_parts(tx, parts)
    known = await catalogue.known_places(tx, {place for place in places if place is not None})
    keys = {(place, part) for place in known for part in costs}
    await shelves.open_shelves(tx, keys)
    locked = await shelves.lock(tx, keys, now=now)
    return _Book(fact, costs, locked, await claims.has_ended(tx, fact.order_id))


async def pick_up(
    tx: AsyncConnection, fact: Fact, *, place_id: str, lines: Sequence[Pieces], now: datetime
) -> list[Booked]:
    """Pieces went from a depot into the engineer's van, for one order."""
    van = await catalogue.van_of(tx, fact.engineer_id)
    book = await _open(tx, fact, places={place_id, van}, parts={line.part for line in lines}, now=now)
    booked = []
    for line in lines:
        origin = (place_id, line.part)
        if origin not in book.locked.by_key:
            booked.append(book.disagree(_unknown(book, line), "pickup", place_id, line))
        elif van is None:
            booked.append(book.disagree("no_van", "pickup", place_id, line))
        else:
            booked.append(book.take("pickup", "transfer_out", origin, line))
            goal = (van, line.part)
            book.shelf(goal).put(line.quantity, picked_for=None if book.ended else fact.order_id)
            book.move("transfer_in", goal, line.quantity)
            message = PartsPickedUp(
                order_id=fact.order_id,
                part=line.part,
                quantity=line.quantity,
                place_id=place_id,
                van_place_id=van,
            )
            await _tell(tx, message, fact)
    await book.write(tx)
    return booked


async def use(
    tx: AsyncConnection,
    fact: Fact,
    *,
    van_place_id: str,
    lines: Sequence[Pieces],
    returns: Sequence[Pieces],
    now: datetime,
) -> list[Booked]:
    """Pieces from the van went into the machine; `returns` came back out of what was used, into the van."""
    parts = {line.part for line in (*lines, *returns)}
    book = await _open(tx, fact, places={van_place_id}, parts=parts, now=now)
    used: Counter[str] = Counter(await records.issued(tx, fact.order_id))
    booked = []
    for line in lines:
        key = (van_place_id, line.part)
        if key not in book.locked.by_key:
            booked.append(book.disagree(_unknown(book, line), "use", van_place_id, line))
            continue
        booked.append(book.take("use", "issue", key, line))
        used[line.part] += line.quantity
        message = PartsUsed(
            order_id=fact.order_id,
            part=line.part,
            quantity=line.quantity,
            place_id=van_place_id,
            cost_fen=line.quantity * book.costs[line.part],
        )
        await _tell(tx, message, fact)
    booked += [_bring_back(book, van_place_id, line, used) for line in returns]
    await book.write(tx)
    about = {"order_id": fact.order_id, "engineer_id": fact.engineer_id, "van_place_id": van_place_id}
    await cores.owe(tx, _pieces_booked(book, lines), about=about, at=fact.at)
    await cores.owe_less(tx, fact.order_id, _pieces_booked(book, returns))
    changed = {(van_place_id, line.part) for line in returns} & book.locked.by_key.keys()
    territories = await catalogue.known_places(tx, {van_place_id})
    await telling.stock_changed(tx, changed, territories, actor=fact.actor)
    return booked


def _pieces_booked(book: _Book, lines: Sequence[Pieces]) -> Counter[str]:
    """Pieces by part, of parts that are in the catalogue."""
    pieces: Counter[str] = Counter()
    for line in lines:
        if line.part in book.costs:
            pieces[line.part] += line.quantity
    return pieces


def _bring_back(book: _Book, van_place_id: str, line: Pieces, used: Counter[str]) -> Booked:
    key = (van_place_id, line.part)
    if key not in book.locked.by_key:
        return book.disagree(_unknown(book, line), "return", van_place_id, line)
    book.shelf(key).put(line.quantity)
    book.move("return", key, line.quantity)
    too_many = line.quantity - max(0, used[line.part])
    used[line.part] -= line.quantity
    if too_many <= 0:
        return Booked(line.part, line.quantity)
    book.disagree("not_issued", "return", van_place_id, Pieces(line.part, too_many))
    return Booked(line.part, line.quantity, "not_issued")


def _unknown(book: _Book, line: Pieces) -> str:
    return "unknown_place" if line.part in book.costs else "unknown_part"


async def _tell(tx: AsyncConnection, message: PartsPickedUp | PartsUsed, fact: Fact) -> None:
    await journal.append(tx, message, subject=fact.order_id, actor=fact.actor, effective_at=fact.at)
