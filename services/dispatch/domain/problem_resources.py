"""Engineers, depots and replacement vehicles of a scene as parts of the problem document."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..documents.fields import TEN_YEARS
from ..documents.resources import CourierOffer, Depot, Engineer, Expert, ReplacementVehicle, Shift, Window
from .facts import AvailableEngineer, Courier, ShiftFact, StockPlace
from .joining import seats_at_work, windows_left
from .scene import Parcel, Scene
from .standing import Appointment

LOCAL = ZoneInfo("Asia/Shanghai")
"""Opening hours and cut-offs of shelves are local times; China has one zone."""

NEVER = -TEN_YEARS
"""A second of the document that is always over."""

CARGO_OF_VEHICLE: dict[str, list[str]] = {
    "tractor": ["container", "semitrailer", "tank", "reefer", "flatbed", "car_carrier"],
    "rigid": ["general", "reefer", "livestock"],
    "tipper": ["bulk"],
    "mixer": ["concrete"],
}
"""Which cargo a replacement vehicle of a class can take on."""


def engineer_documents(scene: Scene) -> list[Engineer]:
    """Every engineer that may be planned, and those who are only bound: by work under way or by a lock."""
    borne = [engineer.borne_seconds for engineer in scene.facts.engineers]
    fair = sum(borne) // max(1, len(borne))
    known = [_engineer(scene, engineer, fair) for engineer in scene.facts.engineers]
    return [*known, *_bound_strangers(scene, {engineer.id for engineer in known})]


def _engineer(scene: Scene, engineer: AvailableEngineer, fair: int) -> Engineer:
    """`fair`: what each of the territory would have borne, had it been shared evenly; more than that burdens."""
    own = [shelf for shelf in scene.facts.stock.places if shelf.kind == "van" and _is_van_of(shelf, engineer)]
    return Engineer(
        id=engineer.id,
        start_place=f"home:{engineer.id}",
        end_place=f"home:{engineer.id}",
        shifts=_shifts(scene, engineer),
        skills={held.skill: held.level for held in engineer.skills if _holds(scene, held.valid_until)},
        certificates=sorted(
            {held.name for held in engineer.certificates if _holds(scene, held.valid_until)}
            | {f"brand:{brand}" for brand in engineer.brands}
            | {f"work:{one}" for one in (_asked(scene) if engineer.permitted is None else engineer.permitted)}
        ),
        van_stock={part: free for shelf in own for part, free in shelf.stock.items() if free > 0},
        burden_seconds=max(0, engineer.borne_seconds - fair),
    )


def _asked(scene: Scene) -> set[str]:
    """What orders of the scene ask of a station: one without limits may do all of it."""
    return {order.capability for order in scene.facts.orders if order.capability}


def _is_van_of(shelf: StockPlace, engineer: AvailableEngineer) -> bool:
    return shelf.id == engineer.van_place_id or shelf.engineer_id == engineer.id


def _holds(scene: Scene, valid_until: datetime | None) -> bool:
    """The format asks for what is valid over the whole horizon."""
    return valid_until is None or valid_until >= scene.end


def _shifts(scene: Scene, engineer: AvailableEngineer) -> list[Shift]:
    """What is left of the shifts, in order; the one that has begun goes on from where the engineer is."""
    bound = _under_way(scene, engineer.id)
    under_way = [one for one in bound if one.frozen]
    left = [shift for shift in engineer.shifts if (shift.overtime_until or shift.end) > scene.origin]
    left = sorted((shift for shift in left if shift.start < scene.end), key=lambda shift: shift.start)
    if bound and (not left or (under_way and left[0].start > scene.origin)):
        left = _with_early_work(scene, bound, left)
    found = [_shift(scene, shift) for shift in left]
    if found and left[0].start <= scene.origin and (place := _where_now(scene, engineer, under_way)):
        found[0] = found[0].model_copy(update={"start_place": place})
    return found


def _with_early_work(scene: Scene, bound: list[Appointment], left: list[ShiftFact]) -> list[ShiftFact]:
    """Working outside of any shift: the work itself is the shift, or the shift that it leads into has begun early."""
    start, end = min(bound[0].start, scene.origin), max(scene.origin, bound[-1].end)
    if left and left[0].start <= end:
        return [left[0].model_copy(update={"start": start}), *left[1:]]
    return [ShiftFact(start=start, end=end), *left]


def _shift(scene: Scene, shift: ShiftFact) -> Shift:
    start, end = scene.second(shift.start), scene.second(shift.end)
    limit = scene.second(shift.overtime_until) if shift.overtime_until else end
    reserve = min(int(scene.policy.reserve.total_seconds()), (end - start) // 2)
    return Shift(start=start, end=end, overtime_until=max(limit, end), reserve_seconds=reserve)


def _under_way(scene: Scene, engineer_id: str) -> list[Appointment]:
    mine = [one for one in scene.bound() if one.engineer_id == engineer_id]
    return sorted(mine, key=lambda one: one.start)


def _where_now(scene: Scene, engineer: AvailableEngineer, under_way: list[Appointment]) -> str | None:
    on_site = [one for one in under_way if one.state == "on_site"]
    if on_site:
        return f"order:{on_site[-1].order_id}"
    seen = engineer.last_position
    if seen is not None and seen.at >= scene.now - scene.policy.position_life:
        return f"now:{engineer.id}"
    return None


def _bound_strangers(scene: Scene, known: set[str]) -> list[Engineer]:
    """Engineers who left the territory's list but have work under way here, or whom a lock still names."""
    told = {order.id for order in scene.orders}
    locks = [lock for lock in scene.standing.locks.values() if lock.order_id in told]
    places = {engineer: lock.order_id for lock in locks for engineer in lock.people}
    places |= {one.engineer_id: one.order_id for one in scene.bound()}
    strangers = []
    for engineer_id, order_id in sorted(places.items()):
        if engineer_id in known:
            continue
        under_way = _under_way(scene, engineer_id)
        spans = [Shift(start=scene.second(one.start), end=scene.second(one.end)) for one in under_way[:1]]
        place = f"order:{order_id}"
        strangers.append(Engineer(id=engineer_id, start_place=place, end_place=place, shifts=spans))
    return strangers


def depot_documents(scene: Scene, *, kmh: dict[str, float]) -> list[Depot]:
    """Shelves where parts can be picked up. `kmh`: mean road speed from a shelf, what its courier is set against."""
    couriers = {courier.place_id: courier for courier in scene.facts.stock.couriers}
    shelves = [
        Depot(
            id=shelf.id,
            place=f"depot:{shelf.id}",
            stock={part: free for part, free in shelf.stock.items() if free > 0},
            open_windows=_hours(scene, shelf),
            pickup_seconds=int(scene.policy.pickup.total_seconds()),
            courier=_courier(scene, couriers.get(shelf.id), kmh.get(shelf.id)),
        )
        for shelf in scene.facts.stock.places
        if shelf.kind != "van"
    ]
    return [*shelves, *(_parcel(parcel) for parcel in scene.parcels.values() if parcel.left)]


def _parcel(parcel: Parcel) -> Depot:
    """A parcel on its way to its order's site: stock for that line alone, which nobody can collect on the way."""
    return Depot(
        id=parcel.depot,
        place=f"order:{parcel.line.order_id}",
        stock={parcel.line.used_part: parcel.line.quantity},
        open_windows=[Window(start=NEVER, end=NEVER)],
    )


def _hours(scene: Scene, shelf: StockPlace) -> list[Window]:
    """Opening hours of every local day in the horizon; a shelf that closes after midnight closes the next day."""
    if shelf.opens is None or shelf.closes is None or shelf.opens == shelf.closes:
        return []
    opens, closes = time.fromisoformat(shelf.opens), time.fromisoformat(shelf.closes)
    windows = []
    day = scene.origin.astimezone(LOCAL).date() - timedelta(days=1)
    while datetime.combine(day, opens, LOCAL) < scene.end:
        start = datetime.combine(day, opens, LOCAL)
        end = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, LOCAL)
        if end > scene.origin:
            windows.append(Window(start=scene.second(start), end=scene.second(end)))
        day += timedelta(days=1)
    return windows


def _courier(scene: Scene, courier: Courier | None, kmh: float | None) -> CourierOffer | None:
    """The lane's offer. A parcel that misses today's cut-off is handed over when the counter opens tomorrow."""
    if courier is None or kmh is None or courier.km_per_hour <= 0:
        return None
    ready = scene.origin + timedelta(seconds=courier.ready_s)
    if courier.cutoff is not None:
        last = datetime.combine(ready.astimezone(LOCAL).date(), time.fromisoformat(courier.cutoff), LOCAL)
        if ready > last:
            ready = datetime.combine(last.date() + timedelta(days=1), time(8), LOCAL)
    return CourierOffer(
        fee_fen=courier.fee_fen,
        fen_per_km=courier.fen_per_km,
        sent_at=scene.second(ready),
        permille_of_drive=min(max(round(1000 * kmh / courier.km_per_hour), 100), 100_000),
    )


def vehicle_documents(scene: Scene) -> list[ReplacementVehicle]:
    """Replacement vehicles that are free, and those already on their way to an order of this scene."""
    free = [
        ReplacementVehicle(
            id=vehicle.id,
            place=f"vehicle:{vehicle.id}",
            classes=CARGO_OF_VEHICLE.get(vehicle.vehicle_class, []),
            couplings=vehicle.couplings,
            max_mass_kg=vehicle.max_mass_kg,
            hazard=vehicle.hazard_allowed,
            base_fen=vehicle.base_fen,
            fen_per_km=vehicle.fen_per_km,
            mobilise_seconds=int(scene.policy.mobilise.total_seconds()),
            windows=[Window(start=scene.second(span.start), end=scene.second(span.end)) for span in vehicle.available],
        )
        for vehicle in scene.facts.vehicles
        if vehicle.available
    ]
    known = {vehicle.id for vehicle in free}
    told = {order.id for order in scene.orders}
    sent = [
        ReplacementVehicle(
            id=decided.case.vehicle_id,
            place=f"order:{order_id}",
            classes=[],
            max_mass_kg=0,
            base_fen=0,
        )
        for order_id, decided in scene.standing.cases.items()
        if order_id in told and not decided.delivered and decided.case.vehicle_id not in known
    ]
    return [*free, *sent]


def expert_documents(scene: Scene) -> list[Expert]:
    """One for each seat of an expert: what others have booked of it differs from seat to seat, and so does what work
    under way takes."""
    taken = seats_at_work(scene)
    return [
        Expert(
            id=seat_id(expert.id, number),
            skills=expert.skills,
            windows=[Window(start=scene.second(span.start), end=scene.second(span.end)) for span in left],
            sessions=1,
        )
        for expert in scene.facts.experts
        for number in range(len(expert.seats))
        if (left := windows_left(expert, number, taken))
    ]


def seat_id(expert_id: str, number: int) -> str:
    """What an expert's seat is called in the document; ids of others have no slash."""
    return f"{expert_id}/{number}"


def expert_of(seat: str) -> str:
    return seat.rpartition("/")[0]
