"""Liveness and readiness of a process."""

from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from kit.db import Database
from kit.problems import Unavailable
from kit.web import problem_answer


def alive() -> Response:
    """The process runs its loop."""
    return JSONResponse({"status": "alive"})


async def ready(db: Database) -> Response:
    """The database answers and keeps what it acknowledges. Redis may be away: everything then is only slower."""
    try:
        unsafe = await db.unsafe_settings()
    except (SQLAlchemyError, OSError, TimeoutError):
        return problem_answer(Unavailable("the database is out of reach", retry_after=2))
    if unsafe:
        names = ", ".join(unsafe)
        return problem_answer(Unavailable(f"the database may lose acknowledged writes: turn on {names}"))
    return JSONResponse({"status": "ready"})
