"""What has to be done: breakdowns with their promises, booked repairs, preventive work with its tolerance."""

from collections.abc import Callable
from typing import Any

from services.dispatch.solver.dice import Dice

from .draws import DAY, HOUR, popular, step, waited, weighted
from .ground import Ground
from .resources import BRANDS, CLASSES, COUPLINGS, NOW, PARTS, REMANUFACTURED, SKILLS, can, region_of
from .sizes import Size

Json = dict[str, Any]

KINDS = {"breakdown": 0.32, "repair": 0.2, "inspection": 0.26, "maintenance": 0.17, "campaign": 0.05}
TIERS = {"standard": 0.75, "premium": 0.25}
LATER = 0.35
"""Share of breakdowns whose truck reaches a place to stop only later today."""
WITH_CARGO = 0.62
"""Of breakdowns: a fifth of all orders."""
LEVELS = {"1": 0.2, "2": 0.35, "3": 0.3, "4": 0.12, "5": 0.03}


def orders(size: Size, ground: Ground, engineers: list[Json], dice: Dice) -> list[Json]:
    """One order per site; somebody in the network can do it."""
    return [_order(size, ground, engineers, dice, i) for i in range(len(ground.sites))]


def _order(size: Size, ground: Ground, engineers: list[Json], dice: Dice, i: int) -> Json:
    kind = weighted(dice, KINDS)
    asked = _asked(dice, kind)
    while not any(can(engineer, asked) for engineer in engineers):
        asked = _asked(dice, kind)
    order: Json = {
        "id": f"order{i}",
        "kind": kind,
        "place": f"site{i}",
        "region": region_of(ground.nearest[i]),
    }
    makers: dict[str, Callable[[Size, Ground, Dice], Json]] = {"breakdown": _breakdown, "repair": _repair}
    return order | asked | makers.get(kind, _preventive(kind))(size, ground, dice)


def _asked(dice: Dice, kind: str) -> Json:
    """Warranty work needs the brand's authorisation; gas and high-voltage trucks need theirs."""
    brand = [weighted(dice, BRANDS)] if kind != "inspection" and dice.random() < 0.6 else []
    special = weighted(dice, {"": 0.84, "gas": 0.1, "high_voltage": 0.06})
    return {
        "skills": [{"skill": dice.choice(SKILLS), "level": int(weighted(dice, LEVELS))}],
        "certificates": [*brand, special] if special else brand,
    }


def _breakdown(size: Size, ground: Ground, dice: Dice) -> Json:
    """Reported before now, or expected at a stopping place later today; arrive and restore clocks run."""
    reported = NOW - waited(dice, 3 * HOUR / 2, 10 * HOUR)
    later = NOW + step(dice, HOUR, 10 * HOUR, 900) if dice.random() < LATER else None
    reported = reported if later is None else later
    premium = weighted(dice, TIERS) == "premium"
    loaded = dice.random() < WITH_CARGO
    service = step(dice, 2400, 9000, 600)
    return {
        "earliest_start": later,
        "service_seconds": service,
        "service_by_level": {"4": service * 9 // 10, "5": service * 8 // 10},
        "drop_price_fen": 300_000 if premium else 200_000,
        "clocks": [
            {
                "name": "arrive",
                "due": reported + (2 if premium else 4) * HOUR,
                "fen_per_hour": 12_000 if premium else 6_000,
                "stops": "start",
            },
            {
                "name": "restore",
                "due": reported + (16 if premium else 24) * HOUR,
                "fen_per_hour": 20_000,
                "breach_fen": 50_000,
                "cap_fen": 400_000,
                "stops": "end",
                "or_cargo": loaded,
            },
        ],
        "kit": [_line(ground, dice) for _ in range(int(weighted(dice, {"0": 0.25, "1": 0.4, "2": 0.25, "3": 0.1})))],
        "cargo": _cargo(ground, dice, reported) if loaded else None,
    }


def _cargo(ground: Ground, dice: Dice, reported: int) -> Json:
    cargo_class = weighted(dice, CLASSES)
    return {
        "cargo_class": cargo_class,
        "coupling": weighted(dice, COUPLINGS),
        "mass_kg": step(dice, 8_000, 34_000, 1_000),
        "hazard": cargo_class == "tank" and dice.random() < 0.5,
        "destination": f"to{dice.randint(0, len(ground.destinations) - 1)}",
        "deadline": reported + step(dice, 5 * HOUR, 20 * HOUR, HOUR),
        "fen_per_hour": step(dice, 8_000, 24_000, 4_000),
        "breach_fen": step(dice, 20_000, 80_000, 20_000),
        "cap_fen": 500_000,
        "handover_seconds": 2400,
    }


def _line(ground: Ground, dice: Dice) -> Json:
    part = popular(dice, PARTS)
    reman = REMANUFACTURED.get(part)
    quote = {
        "kind": "transfer",
        "depot": f"shelf{dice.randint(0, len(ground.stations) - 1)}",
        "arrives_at": NOW + step(dice, 3 * HOUR, 20 * HOUR, 1800),
        "fee_fen": 2_000,
    }
    return {
        "part": part,
        "quantity": 1 if dice.random() < 0.85 else 2,
        "substitutes": [reman] if reman and dice.random() < 0.6 else [],
        "probability": float(weighted(dice, {"1.0": 0.6, "0.5": 0.25, "0.15": 0.15})),
        "deliveries": [quote] if dice.random() < 0.25 else [],
    }


def _repair(size: Size, ground: Ground, dice: Dice) -> Json:
    """Booked: half of them for a part of a day; to be complete by that evening."""
    day, half = dice.randint(0, size.days - 1), weighted(dice, {"": 0.5, "morning": 0.25, "afternoon": 0.25})
    spans = {"morning": (8, 12), "afternoon": (13, 18)}
    windows = [{"start": day * DAY + f * HOUR, "end": day * DAY + t * HOUR} for f, t in [spans[half]]] if half else []
    return {
        "service_seconds": step(dice, HOUR, 3 * HOUR, 900),
        "drop_price_fen": 120_000,
        "windows": windows,
        "clocks": [
            {"name": "complete", "due": day * DAY + 20 * HOUR, "fen_per_hour": 3_000, "cap_fen": 90_000, "stops": "end"}
        ],
        "kit": [_line(ground, dice) for _ in range(dice.randint(0, 2))],
    }


SECONDS = {"inspection": (1800, 3600), "maintenance": (3600, 7200), "campaign": (1200, 2400)}
DROPS = {"inspection": 20_000, "maintenance": 45_000, "campaign": 25_000}


def _preventive(kind: str) -> Callable[[Size, Ground, Dice], Json]:
    """Due on a day with a tolerance of one before and one after; inspections can be left half done."""

    def made(size: Size, ground: Ground, dice: Dice) -> Json:
        due = dice.randint(0, size.days)
        filters = [{"part": PARTS[dice.randint(0, 3)], "quantity": 1}] if kind == "maintenance" else []
        return {
            "service_seconds": step(dice, *SECONDS[kind], 300),
            "drop_price_fen": DROPS[kind],
            "interruptible": kind == "inspection",
            "windows": [{"start": (due - 1) * DAY + 7 * HOUR, "end": (due + 1) * DAY + 19 * HOUR}],
            "kit": filters,
        }

    return made
