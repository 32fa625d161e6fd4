"""Made-up orders, engineers and plans in the services' JSON, the same for the same seed."""

import random
from datetime import datetime, timedelta
from typing import Any

from kit.problems import Invalid, NotFound
from tests.console.care_scenery import CareScenery
from tests.console.causes_scenery import advice
from tests.console.guest_scenery import GuestScenery
from tests.console.promises_scenery import PromisesScenery

SYMPTOMS = ["发动机机油压力低，报警停车", "尾气后处理系统限扭", "变速箱无法换挡", "制动气压不足", "水温过高"]
CUSTOMERS = ["顺达物流", "鲁运集团", "远通快运", "齐鲁矿业", "海港运输"]
ENGINEERS = ["王强", "李伟", "张磊", "刘洋", "陈军", "杨波", "赵鹏", "周涛", "吴斌", "孙健", "马超", "朱峰"]
PLACES = [("济南", 117.0, 36.65), ("青岛", 120.38, 36.07), ("潍坊", 119.16, 36.7), ("临沂", 118.35, 35.1)]
PART_NAMES = {
    "EN-1002": "机油压力传感器",
    "EN-1004": "机油滤清器",
    "EN-1006": "发动机机油 20升",
    "EN-1011": "发动机控制单元",
}
SHELVES = [("EN-1002", "van", "VAN-E001"), ("EN-1004", "pickup", "DEPOT-JN"), ("EN-1006", "courier", "DEPOT-JN")]


class Scenery:
    """One branch, one territory, all that the board reads of it."""

    def __init__(self, *, orders_count: int, now: datetime, seed: int):
        self._dice = random.Random(seed)
        self._now = now
        self.epoch = 12
        self.degraded = False
        self.decided_flags: set[str] = set()
        self.answered: dict[str, str] = {}
        self.waits: dict[str, dict[str, Any]] = {}
        self.found: dict[str, dict[str, Any]] = {}
        self.corrected: dict[str, dict[str, Any]] = {}
        self.released: dict[str, dict[str, Any]] = {}
        self.branches = [{"id": "SD", "name_zh": "山东分公司", "name_en": "Shandong branch", "lon": 117, "lat": 36.6}]
        self.territories = [
            {"id": "SD-1", "branch_id": "SD", "name_zh": "鲁中区域", "name_en": "Central Shandong"},
            {"id": "SD-2", "branch_id": "SD", "name_zh": "胶东区域", "name_en": "Jiaodong"},
        ]
        self.stations = [self._station(i) for i in range(20)]
        self.engineers = [self._engineer(i) for i in range(60)]
        self.positions = [self._position(one) for one in self.engineers[:50]]
        self.orders = [self._order(i) for i in range(orders_count)]
        self.care = CareScenery(now)
        self.guests = GuestScenery(now)
        self.promises = PromisesScenery()
        self._plan = self._planned()

    def order(self, order_id: str) -> dict[str, Any]:
        for one in self.orders:
            if one["id"] == order_id:
                return one | self._details(one) | self.corrected.get(order_id, {})
        raise NotFound("there is no such order")

    def _details(self, order: dict[str, Any]) -> dict[str, Any]:
        """What the order's own page has beyond its row in the queue."""
        at_sea = {"lon": 121.47, "lat": 31.23}
        cargo = {"cargo_class": "reefer", "mass_kg": 24500, "destination": at_sea, "deadline": self._in(900)}
        fact = {"fact_id": "f1", "field": "arrived_at", "effective_at": self._in(-12), "accepted": None}
        return {
            "kind": "breakdown",
            "times": {"responded_at": self.answered.get(order["id"])},
            "waits": [self.waits[order["id"]]] if order["id"] in self.waits else [],
            "tracking_link": "/track/signed",
            "station_authorised": True,
            "similar": self._similar() if order["open_gates"] else [],
            "dispatch_gates": self._gates(order),
            "followers": self.followers(order),
            "crew": {"size": 1, "second_skills": []},
            "skills": [{"skill": "engine", "level": 3}],
            "expert": None,
            "version": 3,
            "place_error_m": 33000,
            "place_source": "address",
            "place_matched": "山东 潍坊市 昌乐",
            "stake": None,
            "address": "山东省潍坊市昌乐县",
            "contact": {"name": "赵师傅", "phone": "13800000000"},
            "fault_codes": [{"spn": 100, "fmi": 1}],
            "warranty": {"decision": "covered"},
            "contracts": [
                {"contract_id": "CT-1", "kind": "4H", "holds": False, "reason": "contract_ended"},
            ],
            "kit": [{"line": "4", "part": "EN-1011", "quantity": 1, "probability": 0.15}],
            "cargo": cargo | {"hazard": False},
            "replacement": self._replacement() if order["number"].endswith("4") else None,
            "flagged": [] if order["number"] in self.decided_flags else [fact],
        }

    def plan(self) -> dict[str, Any]:
        return self._plan | {"epoch": self.epoch, "degraded": self.degraded}

    def route_lines(self) -> dict[str, Any]:
        homes = {one["id"]: one["home"] for one in self.engineers}
        by_id = {one["id"]: one for one in self.orders}
        features = []
        for route in self._plan["routes"]:
            home = homes[route["engineer_id"]]
            stops = [by_id[stop["order_id"]]["place"] for stop in route["stops"]]
            line = [[place["lon"], place["lat"]] for place in (home, *stops)]
            geometry = {"type": "LineString", "coordinates": line}
            properties = {"engineer_id": route["engineer_id"]}
            features.append({"type": "Feature", "geometry": geometry, "properties": properties})
        return {"type": "FeatureCollection", "features": features}

    def appointments(self, order_id: str, overrides: list[dict[str, Any]]) -> list[dict[str, Any]]:
        chosen = [one["engineer_id"] for one in overrides if one["order_id"] == order_id]
        planned = [
            (route["engineer_id"], stop)
            for route in self._plan["routes"]
            for stop in route["stops"]
            if stop["order_id"] == order_id
        ]
        if not planned and not chosen:
            return []
        engineer, stop = planned[0] if planned else ("E001", {"start": self._in(60), "end": self._in(180)})
        return [
            {
                "id": f"a-{order_id}",
                "order_id": order_id,
                "engineer_id": chosen[-1] if chosen else engineer,
                "state": "acknowledged",
                "scheduled_start": stop["start"],
                "scheduled_end": stop["end"],
                "role": "lead",
                "expert_id": None,
                "flagged": False,
                "distance_m": None,
                "sourcing": [],
            }
        ]

    def recommendations(self, order_id: str) -> dict[str, Any]:
        differences = [-4200, 0, 12800, 35600, 90000]
        candidates = [
            {
                "engineer_id": engineer["id"],
                "start": self._in(30 + 25 * rank),
                "difference_fen": fen,
                "by_rule": {"travel.time": fen // 2, "lateness.arrive": fen - fen // 2},
            }
            for rank, (engineer, fen) in enumerate(zip(self.engineers, differences, strict=False))
        ]
        excluded = [{"engineer_id": one["id"], "reason": "skill"} for one in self.engineers[5:20]]
        repairs = [
            {"kind": kind, "amount": amount, "candidate": one}
            for (kind, amount), one in zip(
                (("overtime", 3600), ("part", 2), ("skill", 1)), candidates[2:], strict=False
            )
        ]
        return {"epoch": self.epoch, "candidates": candidates, "excluded": excluded, "repairs": repairs}

    def analysis(self, move: dict[str, Any]) -> dict[str, Any]:
        """The moved order comes 25 minutes later and is late now; the order after it is saved. E003 lacks the skill."""
        order_id, engineer = move["order_id"], move["engineer_id"]
        times = {"due": self._in(90), "before": self._in(80), "after": self._in(105)}
        saved = {"due": self._in(240), "before": self._in(250), "after": self._in(200)}
        wrong = [{"rule": "skill", "order": order_id, "engineer": engineer}] if engineer == "E003" else []
        return {
            "epoch": self.epoch,
            "difference_fen": 12_800,
            "violations": wrong,
            "moves": [{"order_id": order_id, "engineer_id": engineer, "start": self._in(105), "end": self._in(225)}],
            "clocks": [
                {"order_id": order_id, "clock": "arrive", **times},
                {"order_id": self.orders[5]["id"], "clock": "restore", **saved},
            ],
        }

    def parts(self, order_id: str) -> dict[str, Any]:
        lines = [
            {"line": str(i), "part": part, "quantity": 1, "place_id": place, "source": source, "engineer_id": "E001"}
            for i, (part, source, place) in enumerate(SHELVES)
        ]
        parcel = {"id": "s1", "part": "EN-1006", "quantity": 1, "from_place_id": "DEPOT-JN", "state": "shipped"}
        return {
            "reservations": lines,
            "picked": [],
            "shipments": [parcel | {"eta": self._in(95), "fee_fen": 3600}],
            "movements": [],
            "used": {},
        }

    def part(self, part: str) -> dict[str, Any]:
        return {"part": part, "name_zh": PART_NAMES.get(part, part), "name_en": f"Part {part}"}

    def _similar(self) -> list[dict[str, Any]]:
        return [{"id": self.orders[5]["id"], "number": self.orders[5]["number"], "serial": "A5"}]

    def link(self, order_id: str, asked: list[dict[str, Any]]) -> dict[str, Any]:
        """The order waits for these; named by id or number."""
        order = next(one for one in self.orders if one["id"] == order_id)
        by_name = {one[name]: one for one in self.orders for name in ("id", "number")}
        if unknown := [one["order"] for one in asked if one["order"] not in by_name]:
            raise Invalid(f"there is no order {unknown[0]!r}", pointer="/links/0/order")
        others = [(by_name[one["order"]], one) for one in asked]
        order["links"] = [
            {"order_id": other["id"], "relation": one["relation"], "gap_s": one["gap_s"]}
            | {name: other[name] for name in ("number", "state")}
            for other, one in others
        ]
        return self.order(order_id)

    def followers(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            link | {"order_id": one["id"], "number": one["number"], "state": one["state"]}
            for one in self.orders
            for link in one["links"]
            if link["order_id"] == order["id"]
        ]

    def _gates(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        gate = {"because": None, "decision": None, "reason": None}
        held = [
            gate | {"gate": "wrong_variant", "subject": "EN-1013", "because": "engine"},
            gate | {"gate": "safety_campaign", "subject": "C-2026-07"},
        ]
        return [one | self.released.get(f"{order['id']}/{one['subject']}", {}) for one in held[: order["open_gates"]]]

    def causes(self, order_id: str) -> dict[str, Any]:
        return advice([self.found[order_id]] if order_id in self.found else [])

    def tell_cause(self, order_id: str, fault: str, told: dict[str, Any]) -> dict[str, Any]:
        self.found[order_id] = {"note": "", **told, "fault": fault, "told_by": "dispatcher:li", "told_at": self._in(0)}
        return self.causes(order_id)

    def timeline(self, order_id: str) -> list[dict[str, Any]]:
        story = [
            (-95, "orders", "order.accepted", {"number": self.order(order_id)["number"]}),
            (-94, "dispatch", "appointment.planned", {"engineer_id": "E001", "scheduled_start": self._in(-20)}),
            (-94, "parts", "parts.reserved", {"part": "EN-1002", "quantity": 1, "source": "van"}),
            (-80, "dispatch", "appointment.moved", {"engineer_id": "E001", "state": "acknowledged"}),
            (-70, "dispatch", "promise.risk_changed", {"clock": "restore", "predicted": self._in(300)}),
            (-60, "dispatch", "appointment.moved", {"engineer_id": "E001", "state": "travelling"}),
            (-12, "dispatch", "appointment.moved", {"engineer_id": "E001", "state": "on_site", "flagged": True}),
        ]
        return [
            {
                "id": f"{order_id}-{index}",
                "publisher": publisher,
                "kind": kind,
                "actor": "engineer:E001" if "moved" in kind else "service:dispatch",
                "effective_at": self._in(minutes),
                "recorded_at": self._in(minutes + (9 if minutes == -12 else 0)),
                "payload": payload,
            }
            for index, (minutes, publisher, kind, payload) in enumerate(story)
        ]

    def _in(self, minutes: float) -> str:
        return (self._now + timedelta(minutes=minutes)).isoformat()

    def _near(self, place: tuple[str, float, float], spread: float) -> dict[str, float]:
        lon = place[1] + self._dice.uniform(-spread, spread)
        return {"lon": round(lon, 5), "lat": round(place[2] + self._dice.uniform(-spread, spread), 5)}

    def _station(self, i: int) -> dict[str, Any]:
        place = PLACES[i % len(PLACES)]
        name = f"{place[0]}第{i // len(PLACES) + 1}服务站"
        codes = {"id": f"S{i:03}", "territory_id": "SD-1", "level": i % 3 + 1, "grade": ["AAA", "AA", "A"][i % 3]}
        return codes | {"name_zh": name, "name_en": f"Station {i}"} | self._near(place, 0.6)

    def _engineer(self, i: int) -> dict[str, Any]:
        station = self.stations[i % len(self.stations)]
        name = ENGINEERS[i % len(ENGINEERS)] + ("" if i < len(ENGINEERS) else str(i // len(ENGINEERS)))
        home = self._near(("", station["lon"], station["lat"]), 0.2)
        return {"id": f"E{i:03}", "name": name, "station_id": station["id"], "territory_id": "SD-1", "home": home}

    def _position(self, engineer: dict[str, Any]) -> dict[str, Any]:
        at = self._near(("", engineer["home"]["lon"], engineer["home"]["lat"]), 0.3)
        return {"engineer_id": engineer["id"], "at": self._in(-self._dice.choice([0.2, 1, 3, 8, 50, 300]))} | at

    def _order(self, i: int) -> dict[str, Any]:
        dice = self._dice
        due = dice.choice([-95, -12, 8, 35, 90, 200, 240, 420, 900, 1300, 2600]) + dice.uniform(-5, 5)
        state = "breached" if due < 0 else "at_risk" if dice.random() < 0.25 else "running"
        return {
            "id": f"0192f0c4-0000-7000-8000-{i:012}",
            "number": f"WO-{100000 + i}",
            "state": dice.choice(["accepted", "accepted", "in_progress", "waiting"]),
            "waiting_reason": None,
            "kind": "breakdown",
            "work_type": "breakdown",
            "reported_at": self._in(due - 240),
            "branch_id": "SD",
            "territory_id": "SD-1",
            "station_id": f"S{i % 20:03}",
            "place": self._near(PLACES[i % len(PLACES)], 0.8),
            "asset": {"serial": f"RC{7000000 + i}", "plate": self._plate(i), "product": "tractor", "model": "RC-600"},
            "customer": {"name": dice.choice(CUSTOMERS), "tier": "gold"},
            "symptom": dice.choice(SYMPTOMS),
            "clocks": [
                self._clock("arrive", state, due, predicted=due + 20),
                self._clock("restore", "running", due + 1200, predicted=None),
            ],
            "engineer_id": None,
            "open_gates": 2 if i == 8 else 0,
            "links": [],
            "unassigned_reason": None,
        }

    def _plate(self, i: int) -> str:
        return f"鲁{'ABCGH'[i % 5]}·{self._dice.randrange(10000, 99999)}"

    def _clock(self, name: str, state: str, due: float, *, predicted: float | None) -> dict[str, Any]:
        expected = None if predicted is None else self._in(predicted)
        moments = {
            "due": self._in(due),
            "stopped_at": None,
            "predicted": expected,
            "chance": None if expected is None else 0.42,
        }
        return {"name": name, "state": state, "late_fen": 0, **moments}

    def _replacement(self) -> dict[str, Any]:
        times = {"decide_by": self._in(-30), "at_truck": self._in(80), "delivered": self._in(700)}
        price = {"kilometres": None, "cost_fen": 486000, "link": "/replacement/signed"}
        return {"vehicle_id": "RV-JN-03", "state": "accept", "cargo_moving_at": None, **times, **price}

    def _stop(self, order_id: str, turn: int) -> dict[str, Any]:
        start, end = self._in(40 + 150 * turn), self._in(160 + 150 * turn)
        return {"kind": "order", "order_id": order_id, "arrival": start, "start": start, "end": end}

    def _planned(self) -> dict[str, Any]:
        assigned = [one for i, one in enumerate(self.orders[:180]) if i % 8 != 7]
        routes = []
        for i, engineer in enumerate(self.engineers):
            mine = assigned[i * 3 : i * 3 + 3]
            stops = [self._stop(one["id"], turn) for turn, one in enumerate(mine)]
            if stops:
                routes.append({"engineer_id": engineer["id"], "depart": self._in(10), "stops": stops})
        planned = {stop["order_id"] for route in routes for stop in route["stops"]}
        reasons = ["part_missing", "skill", "shift", "window"]
        left = [one for one in self.orders if one["id"] not in planned]
        unassigned = [{"order_id": one["id"], "reason": reasons[i % 4]} for i, one in enumerate(left[:30])]
        served = len(planned)
        return {
            "territory_id": "SD-1",
            "published_at": self._in(-2),
            "covers_everything": True,
            "failure": None,
            "cost_fen": 8_420_000,
            "by_rule": {"travel.time": 3_100_000, "lateness.arrive": 5_320_000},
            "orders": len(self.orders),
            "served": served,
            "clocks": 2 * len(self.orders),
            "clocks_kept": 2 * served,
            "routes": routes,
            "unassigned": unassigned,
        }
