"""From what everybody knows about a territory to one problem document. Pure: the moment is handed in."""

from ..documents.problem import ProblemDocument
from ..documents.resources import Place as MatrixPlace
from ..documents.resources import Window as Horizon
from ..documents.travel import Travel
from .facts import PlannableOrder
from .problem_orders import order_documents
from .problem_resources import depot_documents, engineer_documents, expert_documents, vehicle_documents
from .scene import Roads, Scene
from .standing import Appointment


def build(scene: Scene, roads: Roads) -> ProblemDocument:
    """The problem of the territory; `roads` has every place of `matrix_places(scene)`."""
    orders = [*scene.orders, *(_under_way(one) for one in scene.orphans())]
    return ProblemDocument(
        version="roadcall-problem/1",
        origin=scene.origin,
        horizon=Horizon(start=0, end=scene.second(scene.end)),
        price=scene.policy.price,
        places=[MatrixPlace(id=name, lon=place.lon, lat=place.lat) for name, place in roads.places.items()],
        travel=Travel(seconds=roads.seconds, metres=roads.metres),
        engineers=engineer_documents(scene),
        depots=depot_documents(scene, kmh=_driving_speeds(roads)),
        orders=order_documents(scene, orders),
        replacement_vehicles=vehicle_documents(scene),
        experts=expert_documents(scene),
    )


def _under_way(appointment: Appointment) -> PlannableOrder:
    length = int((appointment.end - appointment.start).total_seconds())
    return PlannableOrder(
        id=appointment.order_id,
        number="",
        kind="repair",
        work_type="",
        place=appointment.site,
        service_s=length,
        drop_fen=0,
    )


def _driving_speeds(roads: Roads) -> dict[str, float]:
    """Mean km/h on the roads from each depot to the orders: what a courier's own speed is compared with."""
    columns = [index for index, name in enumerate(roads.places) if name.startswith("order:")]
    found: dict[str, float] = {}
    for row, name in enumerate(roads.places):
        if not name.startswith("depot:"):
            continue
        seconds, metres = roads.seconds[row, columns], roads.metres[row, columns]
        driven = int(seconds[seconds > 0].sum())
        if driven:
            found[name.removeprefix("depot:")] = 3.6 * int(metres[seconds > 0].sum()) / driven
    return found
