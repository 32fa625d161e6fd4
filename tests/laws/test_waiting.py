"""Law 4: nobody waits for others while holding a transaction, and every way to do so is found."""

import ast

import pytest

from tests.laws.source import ROOT, trees
from tests.laws.waiting import waits_in_transactions

PLANTED = """
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.client import ServiceClient
from mobile_api.context import Mobile
from services.dispatch import gateways
from services.dispatch.context import DispatchContext
from services.dispatch.use_cases.preparing import prepare
from services.orders.context import Orders
from services.orders.use_cases import intake


async def names_a_client(context: Orders):
    async with context.db.transaction():
        await context.clients.parts.get("/parts/v1/parts")  # found

async def reads_in_a_snapshot(context: DispatchContext):
    async with context.db.read() as tx:
        await context.travel.matrix(origins=[], destinations=[], at=None)  # found

async def asks_a_child_process(context: DispatchContext):
    async with context.db.transaction() as tx:
        await context.planner.warm()  # found

async def reaches_a_store_of_files(context: Mobile):
    async with context.db.transaction() as tx:
        async with context.vault.open("photo"):  # found
            pass

async def asks_through_a_gateway(context: DispatchContext, lines):
    async with context.db.transaction() as tx:
        await gateways.hold_parts(neighbours_of(context), None, lines)  # found

def neighbours_of(context):
    return context.clients

async def asks_through_an_object_of_the_context(context: Orders):
    async with context.db.transaction() as tx:
        await context.stations.all()  # found

async def asks_two_calls_away(context: DispatchContext):
    async with context.db.transaction() as tx:
        await one_call_away(context)  # found

async def one_call_away(context):
    return await prepare(context, "T1")

async def is_handed_a_transaction(tx: AsyncConnection, context: Orders):
    await intake.rules(context, [])  # found

async def is_handed_both(tx: AsyncConnection, neighbour: ServiceClient):
    await neighbour.get("/")  # found

class Keeper:
    def __init__(self, db, client: ServiceClient):
        self._db = db
        self._client = client

    async def asks_by_its_own_method(self):
        async with self._db.transaction() as tx:
            await self._ask()  # found

    async def _ask(self):
        return await self._client.get("/")

async def asks_before(context: DispatchContext):
    facts = await prepare(context, "T1")
    async with context.db.transaction() as tx:
        await write(tx, facts)
    await context.clients.parts.get("/")

async def is_handed_what_takes_a_transaction(context: DispatchContext, change: Callable[[AsyncConnection], None]):
    await prepare(context, "T1")

async def write(tx: AsyncConnection, facts):
    await tx.execute(facts)
"""


@pytest.fixture(scope="module")
def code() -> dict[str, ast.Module]:
    return trees(ROOT)


def test_nobody_waits_for_others_in_a_transaction(code: dict[str, ast.Module]) -> None:
    assert waits_in_transactions(code) == []


def test_every_way_to_wait_for_others_in_a_transaction_is_found(code: dict[str, ast.Module]) -> None:
    path = "services/orders/use_cases/planted.py"
    wanted = [f"{path}:{number}" for number, line in enumerate(PLANTED.splitlines(), 1) if line.endswith("# found")]
    assert len(wanted) == 10
    assert waits_in_transactions(code | {path: ast.parse(PLANTED)}) == sorted(wanted)
