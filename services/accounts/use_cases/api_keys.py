"""API keys: how other systems come in."""

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import NotFound
from services.accounts import domain
from services.accounts.context import Accounts
from services.accounts.facts import KeyCreated, KeyRevoked
from services.accounts.store import people as store


async def create_key(context: Accounts, caller: Principal, *, name: str, branch_id: str | None) -> tuple[str, str]:
    """The id of a new key and the key itself, which is shown this once; `branch_id` None is the whole network."""
    key, key_id = domain.new_api_key(), new_id()
    shown = domain.shown_prefix(key)
    values = {"id": key_id, "name": name, "branch_id": branch_id, "shown_prefix": shown}
    async with context.db.transaction() as tx:
        await store.add_key(tx, values | {"secret_hash": domain.fingerprint(key)})
        created = KeyCreated(key_id=key_id, shown_prefix=shown, branch_id=branch_id)
        await append(tx, created, subject=key_id, actor=caller.actor)
    return key_id, key


async def revoke_key(context: Accounts, caller: Principal, key_id: str) -> None:
    """Raises NotFound when there is no such key or it was withdrawn before."""
    async with context.db.transaction() as tx:
        if not await store.revoke_key(tx, key_id, context.clock.now()):
            raise NotFound("there is no such key")
        await append(tx, KeyRevoked(key_id=key_id), subject=key_id, actor=caller.actor)
