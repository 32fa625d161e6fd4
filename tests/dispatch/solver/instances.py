"""Problem documents for the solver's tests: a random network by seed, and tiny ones by hand."""

import random
from typing import Any

HOUR = 3600
DAY = 24 * HOUR


def matrices(points: list[tuple[float, float]]) -> dict[str, Any]:
    """Straight lines on a plane in km, 60 km/h: seconds = metres x 0.06."""
    metres = [[round(1000 * ((a - c) ** 2 + (b - d) ** 2) ** 0.5) for c, d in points] for a, b in points]
    return {"seconds": [[-(-m * 6 // 100) for m in row] for row in metres], "metres": metres}


def random_document(
    seed: int,
    *,
    orders: int,
    engineers: int,
    depots: int = 4,
    vehicles: int = 3,
    days: int = 1,
    parts: int = 8,
    side_km: float = 150,
    inspections: float = 0.2,
    hours: bool = True,
    ties: bool = False,
) -> dict[str, Any]:
    """A network with every feature of the format; the same arguments give the same document. `hours`: with breaks, slow
    hours, bans and fair shares; `ties`: with nights away, crews of two, links and experts from afar."""
    dice = random.Random(seed)
    counts = {"e": engineers, "d": depots, "v": vehicles, "o": orders, "t": 3}
    names = [f"{kind}{i}" for kind, count in counts.items() for i in range(count)]
    points = [(dice.uniform(0, side_km), dice.uniform(0, side_km)) for _ in names]
    travel = matrices(points) | (_hours(days) if hours else {})
    document = {
        "version": "roadcall-problem/1",
        "origin": "2026-03-02T00:00:00Z",
        "horizon": {"start": 7 * HOUR, "end": days * DAY},
        "price": {
            "labour_fen_per_hour": 5000,
            "skill_excess_fen_per_level": 700,
            "second_visit_fen": 40_000,
            "change_engineer_fen": 3000,
            "change_time_fen": 2000,
            **({"fairness_fen_per_hour": 4000, "fairness_free_seconds": 4 * HOUR} if hours else {}),
        },
        "places": [{"id": name, "lon": x / 100, "lat": y / 100} for name, (x, y) in zip(names, points, strict=True)],
        "travel": travel,
        "engineers": [_engineer(dice, i, days, parts, hours) for i in range(engineers)],
        "depots": [_depot(dice, i, parts) for i in range(depots)],
        "replacement_vehicles": [_vehicle(dice, i) for i in range(vehicles)],
        "orders": [_order(dice, i, days, parts, depots, inspections) for i in range(orders)],
    }
    if ties:
        _tie(document, random.Random(seed), days)
    return document


def _tie(document: dict[str, Any], dice: random.Random, days: int) -> None:
    """Some engineers may stay away; some orders need two, some wait for the one before them, some for an expert who has
    seven hours a day."""
    hours = [{"start": day * DAY + 9 * HOUR, "end": day * DAY + 16 * HOUR} for day in range(days)]
    document["experts"] = [
        {"id": f"x{i}", "skills": {f"s{i}": 3, "s3": 2}, "windows": hours, "sessions": 1 + i, "fen_per_hour": 4000 + i}
        for i in range(2)
    ]
    for number, engineer in enumerate(document["engineers"][::3]):
        engineer["overnight"] = {"fen_per_night": 8000, "max_nights": 1 + number % 2}
    for number, order in enumerate(document["orders"]):
        if dice.random() < 0.2:
            order.update(crew_size=2, second_skills=[{"skill": "s1", "level": 1}] if number % 2 else [])
        if dice.random() < 0.2:
            order.update(remote_expert_skill=dice.choice(("s0", "s1", "s3")), remote_expert_level=dice.randint(1, 3))
        if number and dice.random() < 0.25:
            relation, gap = dice.choice(("start_start", "finish_start")), dice.choice((0, 1800))
            order["links"] = [{"order": f"o{number - 1}", "relation": relation, "gap_seconds": gap}]


def _hours(days: int) -> dict[str, Any]:
    """Slow mornings, and a ban for heavy vehicles at noon."""
    slow = [
        {"window": {"start": day * DAY + 7 * HOUR, "end": day * DAY + 9 * HOUR}, "permille": 1400}
        for day in range(days)
    ]
    bans = [{"start": day * DAY + 12 * HOUR, "end": day * DAY + 12 * HOUR + 1800} for day in range(days)]
    return {"factors": slow, "bans": bans}


def _engineer(dice: random.Random, i: int, days: int, parts: int, hours: bool) -> dict[str, Any]:
    start = dice.choice((7, 8, 9)) * HOUR
    return {
        "id": f"e{i}",
        "start_place": f"e{i}",
        "end_place": f"e{i}",
        "shifts": [
            {
                "start": day * DAY + start,
                "end": day * DAY + start + 9 * HOUR,
                "overtime_until": day * DAY + start + 11 * HOUR,
                "reserve_seconds": 2 * HOUR,
                "breaks": _breaks(i, day * DAY + start) if hours else [],
            }
            for day in range(days)
        ],
        "skills": {f"s{k}": dice.randint(1, 5) for k in dice.sample(range(4), 3)},
        "certificates": dice.sample(["high_voltage", "crane", "gas"], 2),
        "van_stock": {f"p{k}": dice.randint(1, 2) for k in dice.sample(range(parts), parts // 2)},
        "regions": [dice.choice(("north", "south"))],
        "cross_region_permille": 1300,
        "max_orders": 8,
        "heavy": i % 4 == 0,
        "burden_seconds": i * HOUR,
    }


def _breaks(i: int, start: int) -> list[dict[str, int]]:
    """Lunch for two of three, coffee besides for one of them."""
    lunch = {"earliest": start + 3 * HOUR, "latest": start + 5 * HOUR, "seconds": 2700}
    coffee = {"earliest": start + 6 * HOUR, "latest": start + 7 * HOUR, "seconds": 900}
    return [lunch, coffee][: i % 3]


def _depot(dice: random.Random, i: int, parts: int) -> dict[str, Any]:
    return {
        "id": f"d{i}",
        "place": f"d{i}",
        "stock": {f"p{k}": dice.randint(1, 3) for k in dice.sample(range(parts), parts * 3 // 4)},
        "open_windows": [{"start": day * DAY + 8 * HOUR, "end": day * DAY + 18 * HOUR} for day in range(14)],
        "pickup_seconds": 600,
        "courier": {"fee_fen": 8000, "fen_per_km": 60, "handling_seconds": HOUR} if i % 2 else None,
    }


def _vehicle(dice: random.Random, i: int) -> dict[str, Any]:
    return {
        "id": f"v{i}",
        "place": f"v{i}",
        "classes": dice.sample(["box", "tank", "flat"], 2),
        "couplings": ["k50", "k90"][: dice.randint(1, 2)],
        "max_mass_kg": 40_000,
        "hazard": i % 2 == 0,
        "base_fen": 60_000,
        "fen_per_km": 300,
        "mobilise_seconds": 1800,
    }


def _order(dice: random.Random, i: int, days: int, parts: int, depots: int, inspections: float) -> dict[str, Any]:
    region = dice.choice(("north", "south"))
    if dice.random() < inspections:
        day = dice.randrange(days)
        return {
            "id": f"o{i}",
            "kind": "inspection",
            "place": f"o{i}",
            "region": region,
            "service_seconds": HOUR,
            "interruptible": True,
            "windows": [{"start": day * DAY, "end": (day + 2) * DAY}],
            "drop_price_fen": 20_000,
        }
    reported = dice.uniform(2, 24 * days - 12) * HOUR
    order: dict[str, Any] = {
        "id": f"o{i}",
        "place": f"o{i}",
        "region": region,
        "service_seconds": dice.choice((1, 2, 3)) * HOUR,
        "skills": [{"skill": f"s{dice.randrange(4)}", "level": dice.randint(1, 4)}],
        "certificates": dice.sample(["high_voltage", "crane", "gas"], dice.choice((0, 0, 1))),
        "earliest_start": int(reported),
        "drop_price_fen": 200_000,
        "clocks": [
            {"name": "arrive", "due": int(reported + 4 * HOUR), "fen_per_hour": 6000, "stops": "start"},
            {
                "name": "restore",
                "due": int(reported + 10 * HOUR),
                "fen_per_hour": 20_000,
                "breach_fen": 30_000,
                "cap_fen": 400_000,
                "stops": "end",
                "or_cargo": True,
            },
        ],
        "kit": [_line(dice, parts, depots, reported) for _ in range(dice.choice((0, 1, 1, 2)))],
    }
    if dice.random() < 0.4:
        order["cargo"] = {
            "cargo_class": dice.choice(("box", "tank", "flat")),
            "coupling": "k50",
            "mass_kg": 30_000,
            "destination": f"t{dice.randrange(3)}",
            "deadline": int(reported + 12 * HOUR),
            "fen_per_hour": 9000,
            "handover_seconds": 1800,
        }
    return order


def _line(dice: random.Random, parts: int, depots: int, reported: float) -> dict[str, Any]:
    part = dice.randrange(parts)
    return {
        "part": f"p{part}",
        "quantity": 1,
        "substitutes": [f"p{(part + 1) % parts}"] if dice.random() < 0.3 else [],
        "probability": dice.choice((1.0, 1.0, 0.4)),
        "deliveries": [
            {
                "kind": "transfer",
                "depot": f"d{dice.randrange(depots)}",
                "arrives_at": int(reported + 9 * HOUR),
                "fee_fen": 1500,
            }
        ]
        if depots and dice.random() < 0.5
        else [],
    }
