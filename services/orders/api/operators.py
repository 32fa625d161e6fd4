"""Who may operate a machine, and until when."""

from datetime import date
from typing import Any, Self

from pydantic import BaseModel
from sqlalchemy import Row

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code, Wire
from kit.web import allow
from services.orders.api.wire import Running
from services.orders.domain.told import ZONE
from services.orders.use_cases import operators
from services.orders.use_cases.import_rows import Name

router = service_router("orders", tag="machines")
PATH = "/assets/{asset_id}/operators/{operator_id}/certificates/{certificate}"


class CertificateIn(Wire):
    """Whose it is; `valid_until` is inclusive, none means for good."""

    name: Name
    valid_until: date | None = None


class OperatorOut(BaseModel):
    """Somebody who may operate the machine; `valid` until and including `valid_until`."""

    operator_id: str
    name: str
    certificate: str
    valid_until: date | None
    valid: bool

    @classmethod
    def of(cls, row: Row[Any], today: date) -> Self:
        told = {name: getattr(row, name) for name in ("operator_id", "name", "certificate", "valid_until")}
        return cls(**told, valid=row.valid_until is None or today <= row.valid_until)


@router.put(PATH)
async def certify(
    asset_id: Code,
    operator_id: Code,
    certificate: Code,
    body: CertificateIn,
    running: Running,
    caller: Principal = allow("dispatcher", "station", "system"),
) -> OperatorOut:
    """Puts a certificate on the machine's record, or renews it."""
    row = await operators.certify(
        running, caller, asset_id, operator_id, certificate, name=body.name, until=body.valid_until
    )
    return OperatorOut.of(row, running.clock.now().astimezone(ZONE).date())


@router.delete(PATH, status_code=204)
async def remove(
    asset_id: Code,
    operator_id: Code,
    certificate: Code,
    running: Running,
    caller: Principal = allow("dispatcher", "station", "system"),
) -> None:
    """Takes a certificate off the machine's record; the journal keeps that it was there."""
    await operators.remove(running, caller, asset_id, operator_id, certificate)
