"""The whole made network, table by table, in the order in which the tables must be imported."""

from datetime import datetime
from random import Random
from typing import Any

from demo import (
    campaigns,
    evaluations,
    faults,
    machines,
    motorways,
    orders,
    people,
    resources,
    stations,
    stock,
    vehicles,
)
from demo.geography import ground
from demo.sites import Roadside
from demo.sizes import SIZES

Tables = dict[str, list[dict[str, Any]]]


def make(size: str, seed: int, now: datetime) -> Tables:
    """The rows of each kind as JSON values. The same arguments give the same rows; nothing else is looked at.

    size: branch, region or nation; now: aware, the moment at which the orders are open. Every topic draws from its
    own stream, so that a change to one leaves the others as they were. Raises ValueError for a naive `now` and
    KeyError for another size.
    """
    if now.tzinfo is None:
        raise ValueError("now needs an offset: 2026-11-05T08:00:00+08:00")
    real, chosen, today = ground(), SIZES[size], now.astimezone(people.ZONE).date()

    def draw(topic: str) -> Random:
        return Random(f"{seed}/{topic}")

    layout = stations.lay_out(real, chosen, draw("stations"))
    posts = motorways.posts(real, frozenset(branch.branch_id for branch in layout.branches))
    roadside = Roadside(real, layout, posts)
    engineers = people.hire(layout, real, draw("engineers"), today)
    customers = machines.customer_rows(layout, draw("customers"))
    fleet = machines.build(layout, customers, roadside, draw("assets"), today)
    broken, running = _broken_and_running(layout, fleet)
    places = stock.place_rows(layout, real, chosen, engineers)
    return {
        "branches": stations.branch_rows(layout, real),
        "territories": stations.territory_rows(layout),
        "stations": stations.station_rows(layout, draw("posts"), people.trades(engineers)),
        "engineers": [engineer.row for engineer in engineers],
        "shifts": people.shift_rows(engineers, now),
        "absences": people.absence_rows(engineers, draw("absences"), now),
        "partners": vehicles.partner_rows(layout, draw("partners"), now),
        "vehicles": vehicles.vehicle_rows(layout, real, draw("vehicles"), now),
        "plate_limits": vehicles.plate_limit_rows(layout),
        "resources": resources.resource_rows(layout, draw("resources"), today),
        "parts": stock.part_rows(),
        "substitutes": stock.substitute_rows(),
        "fit": stock.fit_rows(),
        "places": places,
        "stock": stock.stock_rows(layout, chosen, engineers, draw("stock")),
        "courier_lanes": stock.courier_rows(places),
        "demand": stock.demand_rows(layout, today, draw("demand")),
        "customers": customers,
        "assets": [asset.row for asset in fleet],
        "service_contracts": machines.contract_rows(customers, today),
        "operator_certificates": machines.certificate_rows(fleet, draw("operators"), today),
        "route_reference": motorways.route_reference_rows(posts),
        "landmarks": stations.landmark_rows(layout),
        "maintenance_plans": machines.maintenance_plan_rows(running, draw("plans"), today),
        "causes": faults.cause_rows(),
        "outside_scores": evaluations.score_rows(layout, draw("scores"), today),
        "campaigns": campaigns.campaign_rows(),
        "campaign_machines": campaigns.machine_rows(running, draw("campaigns")),
        "orders": orders.order_rows(layout, real, roadside, broken, draw("orders"), now),
    }


def _broken_and_running(
    layout: stations.Layout, fleet: list[machines.Asset]
) -> tuple[list[machines.Asset], list[machines.Asset]]:
    """As many machines of each territory as it has orders are broken; the others run and get maintenance plans."""
    left = {territory.territory_id: territory.orders for territory in layout.territories}
    broken: list[machines.Asset] = []
    running: list[machines.Asset] = []
    for asset in fleet:
        left[asset.territory.territory_id] -= 1
        (broken if left[asset.territory.territory_id] >= 0 else running).append(asset)
    return broken, running
