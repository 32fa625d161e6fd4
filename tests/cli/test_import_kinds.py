"""The command knows exactly the columns that the services take, and the demo's rows are rows that they accept."""

from datetime import datetime

import pytest
from pydantic import BaseModel

from cli.importing.kinds import KINDS, STAGES
from cli.importing.sending import rows_of
from demo.network import make
from services.orders.use_cases import import_rows as orders
from services.parts.use_cases import rows as parts
from services.stations.use_cases import rows as stations

MODELS: dict[str, type[BaseModel]] = {
    "branches": stations.BranchRow,
    "territories": stations.TerritoryRow,
    "stations": stations.StationRow,
    "engineers": stations.EngineerRow,
    "shifts": stations.ShiftRow,
    "absences": stations.AbsenceRow,
    "partners": stations.PartnerRow,
    "vehicles": stations.VehicleRow,
    "plate_limits": stations.PlateLimitRow,
    "resources": stations.ResourceRow,
    "parts": parts.PartRow,
    "substitutes": parts.SubstituteRow,
    "fit": parts.FitRow,
    "places": parts.PlaceRow,
    "stock": parts.StockRow,
    "courier_lanes": parts.LaneRow,
    "demand": parts.DemandRow,
    "customers": orders.CustomerRow,
    "assets": orders.AssetRow,
    "service_contracts": orders.ContractRow,
    "operator_certificates": orders.OperatorCertificateRow,
    "causes": orders.CauseRow,
    "outside_scores": orders.OutsideScoreRow,
    "campaigns": orders.CampaignRow,
    "campaign_machines": orders.CampaignMachineRow,
    "route_reference": orders.ReferenceRow,
    "landmarks": orders.LandmarkRow,
    "maintenance_plans": orders.PlanRow,
    "orders": orders.OrderRow,
}


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_the_services(kind: str) -> None:
    fields = MODELS[kind].model_fields
    assert set(KINDS[kind].columns) == set(fields)
    assert KINDS[kind].required == {name for name, field in fields.items() if field.is_required()}


@pytest.mark.parametrize("size", ["branch", "region"])
def test_every_row_of_the_demo_is_accepted(size: str) -> None:
    tables = make(size, 3, datetime.fromisoformat("2026-11-05T22:30:00+08:00"))
    assert set(tables) == set(KINDS)
    for kind, rows in tables.items():
        for row in rows_of(KINDS[kind], rows):
            MODELS[kind].model_validate(row.values)


def test_every_kind_is_sent_in_exactly_one_stage() -> None:
    staged = [name for stage in STAGES for chain in stage for name in chain]
    assert sorted(staged) == sorted(KINDS)
