"""What can be imported: the columns of each kind, its route, and the order in which kinds need each other."""

from dataclasses import dataclass
from datetime import tzinfo

from cli.importing.cells import (
    DAY,
    DAY_PAIRS,
    FAULTS,
    FLAG,
    HOUR,
    NUMBER,
    TEXT,
    TEXT_PAIRS,
    TEXTS,
    WHOLE,
    WHOLE_PAIRS,
    Cell,
    instant_cell,
)

INSTANT = instant_cell(None)
POINT = {"lon": NUMBER, "lat": NUMBER, "datum": TEXT}


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


def _kind(name: str, service: str, key: str, columns: dict[str, Cell], *, optional: str = "") -> Kind:
    left_out = optional.split()
    return Kind(name, service, tuple(key.split()), frozenset(columns) - frozenset(left_out), columns)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(
            "branches",
            "stations",
            "branch_id",
            {"branch_id": TEXT, "name_zh": TEXT, "name_en": TEXT, **POINT},
        ),
        _kind(
            "territories",
            "stations",
            "territory_id",
            {"territory_id": TEXT, "branch_id": TEXT, "name_zh": TEXT, "name_en": TEXT},
        ),
        _kind(
            "stations",
            "stations",
            "station_id",
            {
                "station_id": TEXT,
                "territory_id": TEXT,
                "name_zh": TEXT,
                "name_en": TEXT,
                **POINT,
                "level": WHOLE,
                "grade": TEXT,
                "brands": TEXTS,
                "capabilities": TEXTS,
                "opens": HOUR,
                "closes": HOUR,
                "phone": TEXT,
            },
            optional="brands capabilities opens closes phone",
        ),
        _kind(
            "engineers",
            "stations",
            "engineer_id",
            {
                "engineer_id": TEXT,
                "station_id": TEXT,
                "name": TEXT,
                "phone": TEXT,
                "home_lon": NUMBER,
                "home_lat": NUMBER,
                "datum": TEXT,
                "van_place_id": TEXT,
                "skills": WHOLE_PAIRS,
                "certificates": DAY_PAIRS,
                "brands": TEXTS,
                "labour_fen_per_hour": WHOLE,
                "overtime_fen_per_hour": WHOLE,
            },
            optional="phone van_place_id skills certificates brands labour_fen_per_hour overtime_fen_per_hour",
        ),
        _kind(
            "shifts",
            "stations",
            "engineer_id start",
            {"engineer_id": TEXT, "start": INSTANT, "end": INSTANT, "overtime_until": INSTANT},
            optional="overtime_until",
        ),
        _kind(
            "absences",
            "stations",
            "engineer_id start",
            {"engineer_id": TEXT, "start": INSTANT, "end": INSTANT, "reason": TEXT},
            optional="reason",
        ),
        _kind(
            "partners",
            "stations",
            "partner_id",
            {
                "partner_id": TEXT,
                "branch_id": TEXT,
                "name": TEXT,
                "phone": TEXT,
                "contract_from": DAY,
                "contract_until": DAY,
            },
            optional="phone contract_from contract_until",
        ),
        _kind(
            "vehicles",
            "stations",
            "vehicle_id",
            {
                "vehicle_id": TEXT,
                "partner_id": TEXT,
                "branch_id": TEXT,
                "plate": TEXT,
                "vehicle_class": TEXT,
                "couplings": TEXTS,
                "max_mass_kg": WHOLE,
                "hazard_allowed": FLAG,
                **POINT,
                "base_fen": WHOLE,
                "fen_per_km": WHOLE,
                "available_from": INSTANT,
                "available_until": INSTANT,
            },
            optional="couplings hazard_allowed available_from available_until",
        ),
        _kind(
            "parts",
            "parts",
            "part",
            {
                "part": TEXT,
                "name_zh": TEXT,
                "name_en": TEXT,
                "unit_cost_fen": WHOLE,
                "weight_g": WHOLE,
                "vmrs_system": TEXT,
            },
            optional="weight_g vmrs_system",
        ),
        _kind(
            "substitutes",
            "parts",
            "part substitute",
            {"part": TEXT, "substitute": TEXT, "approved": FLAG},
        ),
        _kind(
            "places",
            "parts",
            "place_id",
            {
                "place_id": TEXT,
                "kind": TEXT,
                "territory_id": TEXT,
                "station_id": TEXT,
                "engineer_id": TEXT,
                "name": TEXT,
                **POINT,
                "opens": HOUR,
                "closes": HOUR,
            },
            optional="territory_id station_id engineer_id opens closes",
        ),
        _kind(
            "stock",
            "parts",
            "place_id part",
            {"place_id": TEXT, "part": TEXT, "quantity": WHOLE},
        ),
        _kind(
            "courier_lanes",
            "parts",
            "place_id",
            {
                "place_id": TEXT,
                "fee_fen": WHOLE,
                "fen_per_km": WHOLE,
                "km_per_hour": WHOLE,
                "cutoff": HOUR,
                "ready_s": WHOLE,
            },
            optional="cutoff ready_s",
        ),
        _kind(
            "customers",
            "orders",
            "customer_id",
            {"customer_id": TEXT, "name": TEXT, "tier": TEXT, "phone": TEXT},
            optional="phone",
        ),
        _kind(
            "assets",
            "orders",
            "serial",
            {
                "serial": TEXT,
                "vin": TEXT,
                "plate": TEXT,
                "customer_id": TEXT,
                "product": TEXT,
                "brand": TEXT,
                "model": TEXT,
                "configuration": TEXT_PAIRS,
                "software_level": TEXT,
                "station_id": TEXT,
                "in_service_on": DAY,
                "warranty_until": DAY,
                "meter_km": WHOLE,
                "meter_h": WHOLE,
                **POINT,
            },
            optional="vin plate configuration software_level station_id in_service_on warranty_until meter_km meter_h "
            "lon lat datum",
        ),
        _kind(
            "route_reference",
            "orders",
            "motorway line km",
            {"motorway": TEXT, "name": TEXT, "line": TEXT, "km": NUMBER, **POINT, "made": FLAG},
        ),
        _kind(
            "maintenance_plans",
            "orders",
            "plan_id",
            {
                "plan_id": TEXT,
                "serial": TEXT,
                "work_type": TEXT,
                "next_due_on": DAY,
                "every_days": WHOLE,
                "tolerance_days": WHOLE,
            },
        ),
        _kind(
            "orders",
            "orders",
            "external_id",
            {
                "external_id": TEXT,
                "serial": TEXT,
                "vin": TEXT,
                "plate": TEXT,
                "reported_at": INSTANT,
                **POINT,
                "stake": TEXT,
                "symptom": TEXT,
                "fault_codes": FAULTS,
                "work_type": TEXT,
                "cargo_class": TEXT,
                "cargo_coupling": TEXT,
                "cargo_mass_kg": WHOLE,
                "cargo_dest_lon": NUMBER,
                "cargo_dest_lat": NUMBER,
                "cargo_deadline": INSTANT,
                "cargo_hazard": FLAG,
            },
            optional="serial vin plate lon lat datum stake symptom fault_codes work_type cargo_class cargo_coupling "
            "cargo_mass_kg cargo_dest_lon cargo_dest_lat cargo_deadline cargo_hazard",
        ),
    )
}
"""Every kind by name, in an order in which each finds what it refers to."""

STAGES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("branches", "territories", "stations"),),
    (
        ("engineers", "shifts", "absences", "partners", "vehicles"),
        ("parts", "substitutes", "places", "stock", "courier_lanes"),
        ("customers", "assets", "route_reference", "maintenance_plans"),
    ),
    (("orders",),),
)
"""Stages run one after another; the chains of a stage side by side, for each is another service's work."""
