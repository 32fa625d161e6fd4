"""What the use cases of orders work with."""

from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from kit.context import Context
from kit.together import Together
from services.orders.addresses import Gazetteer
from services.orders.catalogue import Catalogue, shipped
from services.orders.gateways import NeighbourKpis, PartFacts, StationDirectory
from services.orders.stake_numbers import RouteReference
from services.orders.store.causes import Experience
from services.orders.store.reference import Imported, imported_landmarks, imported_posts
from services.orders.use_cases.promise_lists import PromiseLists

MEASURING = ("stations", "dispatch", "parts")
"""The services whose KPIs stand in the report beside our own, in its order."""


@dataclass(frozen=True, kw_only=True)
class Orders(Context):
    """A running orders service."""

    catalogue: Catalogue
    stations: StationDirectory
    part_facts: PartFacts
    neighbour_kpis: NeighbourKpis
    experience: Experience
    promises: PromiseLists
    route_reference: Imported[RouteReference]
    gazetteer: Imported[Gazetteer]
    calls: Together[Any, Response]
    """Reports that are being taken."""


def orders(context: Context) -> Orders:
    catalogue = shipped()
    return Orders(
        **vars(context),
        catalogue=catalogue,
        stations=StationDirectory(context.clients.stations, context.clock),
        part_facts=PartFacts(context.clients.parts, context.clock),
        neighbour_kpis=NeighbourKpis([getattr(context.clients, service) for service in MEASURING]),
        experience=Experience(context.db, context.clock, catalogue.causes),
        promises=PromiseLists(catalogue),
        route_reference=imported_posts(context.db),
        gazetteer=imported_landmarks(context.db),
        calls=Together(),
    )
