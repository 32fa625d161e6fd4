"""Readiness: a database that may lose what it acknowledged, or is not there, is not ready."""

from kit.db import UNSAFE, Database
from kit.health import ready


async def test_a_database_that_may_forget_is_not_ready(db: Database) -> None:
    """The server of the tests is such a one, for speed."""
    answer = await ready(db)
    assert answer.status_code == 503
    assert [name for name in UNSAFE if name.encode() not in bytes(answer.body)] == []


async def test_a_database_out_of_reach_is_not_ready() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", "nobody")
    answer = await ready(away)
    await away.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
