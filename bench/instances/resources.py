"""Who and what can be sent: engineers with their vans, depots with scarce stock, replacement vehicles."""

from typing import Any

from services.dispatch.solver.dice import Dice

from .draws import DAY, HOUR, step, weighted
from .ground import Ground
from .sizes import Size

Json = dict[str, Any]

NOW = 15 * HOUR // 2
"""Plans are made at half past seven on the first day."""

SKILLS = ("engine", "electrical", "gearbox", "brake", "aftertreatment", "hydraulics")
CERTIFICATES = {"gas": 0.4, "high_voltage": 0.3}
"""Share of engineers who hold them."""
BRANDS = {"brand_x": 0.7, "brand_y": 0.2, "brand_z": 0.1}
"""Share of machines; a station is authorised for two of them, its engineers with it."""
PARTS = [f"part{i:02}" for i in range(48)]
"""In order of demand. Every fourth also exists remanufactured."""
REMANUFACTURED = {part: f"{part}r" for part in PARTS[::4]}
REGION_STATIONS = 4
"""Stations of one branch."""
CLASSES = {"box": 0.45, "flat": 0.25, "reefer": 0.15, "tank": 0.15}
COUPLINGS = {"k50": 0.85, "k90": 0.15}


def region_of(station: int) -> str:
    """The branch to which a station belongs."""
    return f"branch{station // REGION_STATIONS}"


def engineers(size: Size, ground: Ground, dice: Dice) -> list[Json]:
    """Engineers of their stations: own homes or the station's yard, shifts on the days they are on duty."""
    authorised = [dice.sample(list(BRANDS), 2) for _ in ground.stations]
    return [
        {
            "id": f"engineer{i}",
            "start_place": f"home{i}",
            "end_place": f"home{i}",
            "shifts": _shifts(size, dice),
            "skills": {skill: _level(dice) for skill in dice.sample(SKILLS, dice.randint(3, 5))},
            "certificates": authorised[station] + [c for c, share in CERTIFICATES.items() if dice.random() < share],
            "van_stock": _van(dice),
            "regions": [region_of(station)],
            "cross_region_permille": 1300,
            "max_orders": 10,
        }
        for i, station in enumerate(ground.station)
    ]


def _shifts(size: Size, dice: Dice) -> list[Json]:
    begins = int(weighted(dice, {"7": 0.3, "8": 0.5, "13": 0.2})) * HOUR
    days = [day for day in range(size.days) if dice.random() < size.on_duty] or [dice.randint(0, size.days - 1)]
    return [
        {
            "start": day * DAY + begins,
            "end": day * DAY + begins + 9 * HOUR,
            "overtime_until": day * DAY + begins + 11 * HOUR,
            "reserve_seconds": 3 * HOUR // 2,
        }
        for day in days
    ]


def _level(dice: Dice) -> int:
    return int(weighted(dice, {"1": 0.1, "2": 0.25, "3": 0.35, "4": 0.2, "5": 0.1}))


def _van(dice: Dice) -> dict[str, int]:
    """The fast movers, and by chance some others."""
    shares = [0.7 if rank < 8 else 0.3 if rank < 20 else 0.05 for rank in range(len(PARTS))]
    return {p: dice.randint(1, 2) for p, share in zip(PARTS, shares, strict=True) if dice.random() < share}


def can(engineer: Json, order: Json) -> bool:
    """The engineer has the skills at their levels and the certificates."""
    levels, held = engineer["skills"], engineer["certificates"]
    fit = all(levels.get(need["skill"], 0) >= need["level"] for need in order["skills"])
    return fit and all(name in held for name in order["certificates"])


def depots(size: Size, ground: Ground, dice: Dice) -> list[Json]:
    """A shelf at every station, and central depots that also send couriers. Some parts are scarce everywhere."""
    scarce = set(dice.sample(PARTS, len(PARTS) // 6))
    per_central = max(1, size.orders // (40 * size.centrals))
    shelves = [
        {
            "id": f"shelf{i}",
            "place": f"station{i}",
            "stock": _stock(dice, 0.5, 3, scarce),
            "open_windows": _hours(size, 8, 18),
            "pickup_seconds": 600,
        }
        for i in range(len(ground.stations))
    ]
    centrals = [
        {
            "id": f"central{i}",
            "place": f"central{i}",
            "stock": _stock(dice, 0.9, 3 * per_central, scarce),
            "open_windows": _hours(size, 7, 21),
            "pickup_seconds": 900,
            "courier": {
                "fee_fen": 8_000,
                "fen_per_km": 60,
                "handling_seconds": HOUR,
                "permille_of_drive": 1200,
                "cutoff": 16 * HOUR,
            },
        }
        for i in range(len(ground.centrals))
    ]
    return shelves + centrals


def _hours(size: Size, opens: int, closes: int) -> list[Json]:
    return [{"start": day * DAY + opens * HOUR, "end": day * DAY + closes * HOUR} for day in range(size.days + 1)]


def _stock(dice: Dice, share: float, most: int, scarce: set[str]) -> dict[str, int]:
    names = [*PARTS, *REMANUFACTURED.values()]
    return {
        part: 1 if part in scarce else dice.randint(1, most)
        for part in names
        if dice.random() < (share / 4 if part in scarce else share)
    }


def vehicles(size: Size, ground: Ground, dice: Dice) -> list[Json]:
    """The bank: partners' vehicles in their yards."""
    return [
        {
            "id": f"vehicle{i}",
            "place": f"yard{dice.randint(0, len(ground.yards) - 1)}",
            "classes": dice.sample(list(CLASSES), dice.randint(1, 3)),
            "couplings": ["k50"] if dice.random() < 0.7 else ["k50", "k90"],
            "max_mass_kg": step(dice, 20_000, 40_000, 5_000),
            "hazard": dice.random() < 0.4,
            "base_fen": step(dice, 30_000, 80_000, 10_000),
            "fen_per_km": step(dice, 200, 350, 50),
            "mobilise_seconds": step(dice, 1800, 3600, 900),
        }
        for i in range(size.vehicles)
    ]
