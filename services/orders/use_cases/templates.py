"""Promise templates: the shipped ones, and a maker's own by version."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Conflict, Invalid
from services.orders.context import Orders
from services.orders.domain.templates import Template, remedy_loop
from services.orders.facts import TemplatePublished
from services.orders.store import promises as store
from services.orders.use_cases.calendars import calendar_rules
from services.orders.use_cases.promise_lists import all_templates

_DOCUMENT = TypeAdapter(Template)


async def publish(context: Orders, caller: Principal, template: Template) -> None:
    """Add a version. Raises Invalid when it could never be kept or matched, Conflict when the version exists."""
    if faults := template.faults():
        raise Invalid("; ".join(faults), faults=faults)
    async with context.db.transaction() as tx:
        await require_sense(tx, context, template)
        shipped = {(known.template_id, known.version) for known in context.catalogue.templates}
        taken = (template.template_id, template.version) in shipped
        if taken or not await store.add_template(tx, _row(context, template, caller.actor)):
            raise Conflict("this version is there already and orders may stand on it: send the next version")
        told = TemplatePublished(template_id=template.template_id, version=template.version)
        await append(tx, told, subject=template.template_id, actor=caller.actor)
    context.promises.forget()


async def require_sense(tx: AsyncConnection, context: Orders, template: Template) -> None:
    """Raises Invalid for a calendar or work type that is not there, or when another template is always taken."""
    await require_calendars(tx, template)
    if unknown := sorted(set(template.match.work_types) - set(context.catalogue.work_types)):
        raise Invalid(f"there is no work type {unknown[0]!r}: it could never match", pointer="/match/work_types")
    unknown = sorted({remedy.work_type or "" for remedy in template.remedies} - {"", *context.catalogue.work_types})
    if unknown:
        raise Invalid(f"there is no work type {unknown[0]!r} for a remedy", pointer="/remedies")
    known = await all_templates(tx, context.catalogue)
    at = template.valid_from or context.clock.now()
    if (circle := remedy_loop([*known, template], context.catalogue.work_types, now=at)) is not None:
        raise Invalid(f"its remedies would open orders without end: {' → '.join(circle)}", pointer="/remedies")
    if (other := template.overshadowed_by(known, now=context.clock.now())) is not None:
        raise Invalid(
            f"it could never match: {other.template_id} fits every order that this one fits and has priority "
            f"{other.priority}; give this one a higher priority or a narrower match",
            pointer="/priority",
            template_id=other.template_id,
        )


async def require_calendars(tx: AsyncConnection, template: Template) -> None:
    """Raises Invalid for a calendar that is not there."""
    calendars = await calendar_rules(tx)
    for rule in template.clocks:
        if rule.calendar is not None and rule.calendar not in calendars:
            raise Invalid(f"there is no calendar {rule.calendar!r}: publish it first", pointer="/clocks")


def _row(context: Orders, template: Template, made_by: str) -> dict[str, Any]:
    return {
        "template_id": template.template_id,
        "version": template.version,
        "document": _DOCUMENT.dump_python(template, mode="json"),
        "made_by": made_by,
        "made_at": context.clock.now(),
    }
