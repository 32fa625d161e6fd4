"""What the use cases of orders work with."""

from dataclasses import dataclass

from kit.context import Context
from services.orders.catalogue import Catalogue, shipped
from services.orders.gateways import StationDirectory
from services.orders.store.reference import References


@dataclass(frozen=True, kw_only=True)
class Orders(Context):
    """A running orders service."""

    catalogue: Catalogue
    stations: StationDirectory
    route_reference: References


def orders(context: Context) -> Orders:
    directory = StationDirectory(context.clients.stations, context.clock)
    references = References(context.db)
    return Orders(**vars(context), catalogue=shipped(), stations=directory, route_reference=references)
