"""A database and a Valkey of their own, with the services of this area in this process."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from kit.auth import service_token
from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.ids import new_id
from kit.migrations import migrate
from kit.settings import Settings
from services.assembly import Assembly
from tests.running import System


@contextmanager
def servers(services: Sequence[str], **tuning: str) -> Iterator[Settings]:
    """Empty schemas of `services`; everything is gone afterwards. `tuning`: settings of PostgreSQL beside its own."""
    folder = Path(tempfile.mkdtemp(prefix="roadcall-bench-"))
    folder.chmod(0o755)
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    postgres.start(settings=tuning)
    valkey.start()
    try:
        migrate(postgres.url, list(services))
        yield Settings(data=folder, database_url=postgres.url, redis_url=valkey.url, secret=new_id())
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def running(settings: Settings, services: Sequence[str]) -> AsyncIterator[System]:
    """The services; `system.service` may do everything."""
    assembly = Assembly(settings=settings, names=list(services))
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        now = assembly.clock.now()
        system.service = system.client(service_token(service="bench", secret=settings.shared_secret, now=now))
        yield system
        await system.close()
