"""Promise templates: the shipped ones, and a maker's own by version."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Conflict, Invalid
from services.orders.catalogue import Catalogue, template_from_document
from services.orders.context import Orders
from services.orders.domain.templates import Template
from services.orders.facts import TemplatePublished
from services.orders.store import clocks as store

_DOCUMENT = TypeAdapter(Template)


async def all_templates(tx: AsyncConnection, catalogue: Catalogue) -> list[Template]:
    """The shipped templates and the maker's own."""
    own = [template_from_document(row.document) for row in await store.templates(tx)]
    return [*catalogue.templates, *own]


async def publish(context: Orders, caller: Principal, template: Template) -> None:
    """Add a version. Raises Invalid when it could never be kept or matched, Conflict when the version exists."""
    if faults := template.faults():
        raise Invalid("; ".join(faults), faults=faults)
    async with context.db.transaction() as tx:
        shipped = {(known.template_id, known.version) for known in context.catalogue.templates}
        taken = (template.template_id, template.version) in shipped
        if taken or not await store.add_template(tx, _row(context, template, caller.actor)):
            raise Conflict("this version is there already and orders may stand on it: send the next version")
        told = TemplatePublished(template_id=template.template_id, version=template.version)
        await append(tx, told, subject=template.template_id, actor=caller.actor)


def _row(context: Orders, template: Template, made_by: str) -> dict[str, Any]:
    return {
        "template_id": template.template_id,
        "version": template.version,
        "document": _DOCUMENT.dump_python(template, mode="json"),
        "made_by": made_by,
        "made_at": context.clock.now(),
    }
