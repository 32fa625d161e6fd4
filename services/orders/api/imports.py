"""Bulk imports with a report row by row."""

from kit.auth import Principal
from kit.imports import ImportBody, ImportReport
from kit.routes import service_router
from kit.web import allow
from services.orders.api.wire import Running
from services.orders.use_cases import imports

router = service_router("orders", tag="imports")


@router.post("/import/customers")
async def import_customers(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Customers; a row is the whole state of its customer."""
    return await imports.import_customers(running, caller, body.rows)


@router.post("/import/assets")
async def import_assets(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Machines; meters never run backwards by an import."""
    return await imports.import_assets(running, caller, body.rows)


@router.post("/import/service_contracts")
async def import_contracts(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Service contracts: what promise templates match by, and what intake tells of."""
    return await imports.import_contracts(running, caller, body.rows)


@router.post("/import/operator_certificates")
async def import_operator_certificates(
    body: ImportBody, running: Running, caller: Principal = allow("system")
) -> ImportReport:
    """Operators of machines with their certificates."""
    return await imports.import_operator_certificates(running, caller, body.rows)


@router.post("/import/maintenance_plans")
async def import_plans(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Plans of work that comes round."""
    return await imports.import_plans(running, caller, body.rows)


@router.post("/import/route_reference")
async def import_reference(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Kilometre posts of motorways, for stake numbers."""
    return await imports.import_reference(running, caller, body.rows)


@router.post("/import/landmarks")
async def import_landmarks(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Toll gates, service areas and yards, for addresses."""
    return await imports.import_landmarks(running, caller, body.rows)


@router.post("/import/causes")
async def import_causes(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Causes of faults with their prior and parts; they replace the shipped list of each fault that they name."""
    return await imports.import_causes(running, caller, body.rows)


@router.post("/import/outside_scores")
async def import_outside_scores(
    body: ImportBody, running: Running, caller: Principal = allow("system")
) -> ImportReport:
    """Evaluation scores of others, shown beside our own."""
    return await imports.import_outside_scores(running, caller, body.rows)


@router.post("/import/campaigns")
async def import_campaigns(body: ImportBody, running: Running, caller: Principal = allow("system")) -> ImportReport:
    """Campaigns of the maker."""
    return await imports.import_campaigns(running, caller, body.rows)


@router.post("/import/campaign_machines")
async def import_campaign_machines(
    body: ImportBody, running: Running, caller: Principal = allow("system")
) -> ImportReport:
    """The machines that campaigns are about."""
    return await imports.import_campaign_machines(running, caller, body.rows)


@router.post("/import/orders")
async def import_orders(
    body: ImportBody, running: Running, caller: Principal = allow("system", "dispatcher")
) -> ImportReport:
    """Open orders of another system, by the same rules as a call; a known external_id changes nothing."""
    return await imports.import_orders(running, caller, body.rows)
