"""What can be imported: the columns of each kind, its route, and the order in which kinds need each other."""

from dataclasses import dataclass
from datetime import tzinfo

from cli.importing.cells import DAY, FLAG, HOUR, NUMBER, TEXT, WHOLE, Cell, instant_cell
from cli.importing.packed import DAY_PAIRS, FAULTS, TEXT_PAIRS, TEXTS, WHOLE_PAIRS

INSTANT = instant_cell(None)
CELLS = {
    "": TEXT,
    "number": NUMBER,
    "whole": WHOLE,
    "flag": FLAG,
    "instant": INSTANT,
    "day": DAY,
    "hour": HOUR,
    "list": TEXTS,
    "levels": WHOLE_PAIRS,
    "days": DAY_PAIRS,
    "pairs": TEXT_PAIRS,
    "faults": FAULTS,
}


@dataclass(frozen=True)
class Kind:
    """A table. `key`: the columns that identify a row; `required`: those without which no row can be taken."""

    name: str
    service: str
    key: tuple[str, ...]
    required: frozenset[str]
    columns: dict[str, Cell]

    @property
    def route(self) -> str:
        return f"/{self.service}/v1/import/{self.name}"

    @property
    def point(self) -> tuple[str, str] | None:
        """The columns that the geometry of a geographic file fills, longitude first."""
        if "lon" in self.columns:
            return "lon", "lat"
        return ("home_lon", "home_lat") if "home_lon" in self.columns else None

    def cells(self, zone: tzinfo | None) -> dict[str, Cell]:
        """The columns, with times that lack an offset read in `zone`."""
        in_zone = instant_cell(zone)
        return {name: in_zone if cell is INSTANT else cell for name, cell in self.columns.items()}


def _kind(name: str, service: str, columns: str) -> Kind:
    """Reads a list of columns: `*name` belongs to the key, `name?` may be left out, `name:cell` is not plain text."""
    named = [column.partition(":") for column in columns.split()]
    return Kind(
        name,
        service,
        key=tuple(column.strip("*?") for column, _, _ in named if column.startswith("*")),
        required=frozenset(column.lstrip("*") for column, _, _ in named if not column.endswith("?")),
        columns={column.strip("*?"): CELLS[cell] for column, _, cell in named},
    )


_STATIONS = {
    "branches": "*branch_id name_zh name_en lon:number lat:number datum zone?",
    "territories": "*territory_id branch_id name_zh name_en",
    "stations": "*station_id territory_id name_zh name_en lon:number lat:number datum level:whole grade brands?:list "
    "capabilities?:list opens?:hour closes?:hour phone? posts?:pairs",
    "engineers": "*engineer_id station_id name phone? home_lon:number home_lat:number datum van_place_id? "
    "skills?:levels skills_valid_until?:days certificates?:days brands?:list labour_fen_per_hour?:whole "
    "overtime_fen_per_hour?:whole",
    "shifts": "*engineer_id *start:instant end:instant overtime_until?:instant",
    "absences": "*engineer_id *start:instant end:instant reason?",
    "partners": "*partner_id branch_id name phone? contract_from?:day contract_until?:day",
    "vehicles": "*vehicle_id partner_id branch_id plate vehicle_class couplings?:list max_mass_kg:whole "
    "hazard_allowed?:flag lon:number lat:number datum base_fen:whole fen_per_km:whole licence_until?:day "
    "available_from?:instant available_until?:instant",
    "plate_limits": "*limit_id name lon:number lat:number datum radius_km:number weekday:whole digits opens:hour "
    "closes:hour valid_from?:day valid_until?:day",
    "resources": "*resource_id kind branch_id? station_id? name skills?:levels seats?:whole calibrated_until?:day",
}
_PARTS = {
    "parts": "*part name_zh name_en unit_cost_fen:whole weight_g:whole vmrs_system? unit? core_deposit_fen?:whole "
    "remanufactured?:flag insurance_spare?:flag",
    "substitutes": "*part *substitute kind? approved:flag reason?",
    "fit": "*part *model *rule? configuration?:pairs serial_from? serial_until?",
    "places": "*place_id kind territory_id? station_id? engineer_id? name lon:number lat:number datum opens?:hour "
    "closes?:hour",
    "stock": "*place_id *part quantity:whole",
    "courier_lanes": "*place_id fee_fen:whole fen_per_km:whole km_per_hour:whole cutoff?:hour ready_s:whole",
    "demand": "*place_id *part *month:day pieces:whole",
}
_ORDERS = {
    "customers": "*customer_id name tier? phone?",
    "assets": "*serial vin? plate? customer_id product brand model configuration?:pairs software_level? station_id? "
    "built_on?:day in_service_on?:day warranty_until?:day meter_km?:whole meter_h?:whole lon?:number lat?:number "
    "datum?",
    "service_contracts": "*contract_id kind customer_id serial? valid_from:day valid_until?:day",
    "operator_certificates": "*operator_id *certificate *serial name valid_until?:day",
    "route_reference": "*motorway name? *line? *km:number lon:number lat:number datum made?:flag",
    "landmarks": "*name aliases?:list lon:number lat:number datum radius_m?:whole",
    "maintenance_plans": "*plan_id serial work_type? next_due_on:day every_days:whole tolerance_days?:whole",
    "causes": "*fault *cause name_zh name_en prior:number parts?:levels",
    "outside_scores": "*evaluator *of *scope_id *period score:number note?",
    "campaigns": "*campaign_id name_zh name_en safety?:flag minutes:whole parts?:levels skill? level?:whole",
    "campaign_machines": "*campaign_id *serial done_on?:day",
    "orders": "*external_id serial? vin? plate? reported_at:instant lon?:number lat?:number datum? stake? address? "
    "symptom? fault_codes?:faults work_type? starts_after? crew_size?:whole cargo_class? cargo_coupling? "
    "cargo_mass_kg?:whole cargo_dest_lon?:number cargo_dest_lat?:number cargo_deadline?:instant cargo_hazard?:flag",
}
KINDS: dict[str, Kind] = {
    name: _kind(name, service, columns)
    for service, kinds in (("stations", _STATIONS), ("parts", _PARTS), ("orders", _ORDERS))
    for name, columns in kinds.items()
}
"""Every kind by name, in an order in which each finds what it refers to."""

STAGES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("branches", "territories", "stations"),),
    (
        ("engineers", "shifts", "absences", "partners", "vehicles", "plate_limits", "resources"),
        ("parts", "substitutes", "fit", "places", "stock", "courier_lanes", "demand"),
        (
            "customers",
            "assets",
            "service_contracts",
            "operator_certificates",
            "route_reference",
            "landmarks",
            "maintenance_plans",
        ),
    ),
    (("causes", "outside_scores", "campaigns", "campaign_machines", "orders"),),
)
"""Stages run one after another; the chains of a stage side by side, for each is another service's work."""
