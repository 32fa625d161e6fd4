"""What the adapters of outside routing engines share: asking in blocks, and believing nothing unchecked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import httpx
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kit.values import Place
from services.dispatch.travel.ground import Floats, metres_between
from services.dispatch.travel.port import NO_WAY, DegradedReason, TravelMatrix, lonlat, refuse_too_large
from services.dispatch.travel.speeds import ACCESS_DETOUR, ACCESS_KMH

MOST_ANSWER_BYTES = 64 * 1024 * 1024
BLOCKS_AT_ONCE = 4
FARTHEST_SNAP_METRES = 20_000
"""An engine that puts a place farther away than this has no map of it."""

_FAR_METRES = 5_000
_FASTEST_M_PER_S = 60.0

Measure = Annotated[float, Field(ge=0, le=1e8)]
"""Seconds or metres from outside: finite, not negative, not absurd."""

Model = TypeVar("Model", bound=BaseModel)


class EngineAnswer(BaseModel):
    """Base of what engines answer: strict numbers, no NaN, members that we do not read are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, frozen=True)


class EngineFailure(Exception):
    """An engine gave no usable answer; reason says how, the message what."""

    def __init__(self, reason: DegradedReason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason


@dataclass(frozen=True)
class Block:
    """One answered part of a matrix in float64: nan is no way; snap metres are straight from place to road."""

    seconds: Floats
    metres: Floats
    origin_snap_metres: Floats
    destination_snap_metres: Floats


AskBlock = Callable[[Sequence[Place], Sequence[Place]], Awaitable[Block]]


async def ask(client: httpx.AsyncClient, method: str, url: str, *, body: object | None = None) -> tuple[int, bytes]:
    """Status and body of an engine's answer. EngineFailure when there is none or it is too big."""
    try:
        async with client.stream(method, url, json=body) as response:
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > MOST_ANSWER_BYTES:
                    raise EngineFailure(DegradedReason.MALFORMED, f"more than {MOST_ANSWER_BYTES} bytes")
            return response.status_code, bytes(received)
    except httpx.TimeoutException as error:
        raise EngineFailure(DegradedReason.DEADLINE, type(error).__name__) from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise EngineFailure(DegradedReason.UNREACHABLE, f"{type(error).__name__} {error}") from error


def parse(answer: type[Model], body: bytes) -> Model:
    """The body as the documented answer. EngineFailure when it is anything else."""
    try:
        return answer.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise EngineFailure(DegradedReason.MALFORMED, f"{where or 'body'}: {first['msg']}") from error


def as_grid(rows: Sequence[Sequence[float | None]], *, shape: tuple[int, int], scale: float = 1.0) -> Floats:
    """Rows of numbers and nulls as float64, null as nan. EngineFailure when a row or an entry is missing."""
    if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
        raise EngineFailure(DegradedReason.MALFORMED, f"not the {shape[0]} x {shape[1]} that were asked for")
    return np.array(rows, dtype=float).reshape(shape) * scale


def line_between(
    origin: Place, points: Sequence[tuple[float, float]], destination: Place
) -> tuple[tuple[float, float], ...]:
    """An engine's line with the sites at its ends. EngineFailure when a point is not on the earth."""
    for lon, lat in points:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise EngineFailure(DegradedReason.MALFORMED, f"a point at {lon}, {lat}")
    return ((origin.lon, origin.lat), *points, (destination.lon, destination.lat))


async def in_blocks(
    ask_block: AskBlock,
    *,
    origins: Sequence[Place],
    destinations: Sequence[Place],
    block_side: int,
    source: str,
) -> TravelMatrix:
    """The whole matrix from blocks of at most block_side x block_side, a few at a time. EngineFailure when one fails
    or the whole is impossible on the ground; MatrixTooLarge as in the port."""
    refuse_too_large(origins, destinations)
    shape = (len(origins), len(destinations))
    whole = Block(np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape[0]), np.zeros(shape[1]))
    at_once = asyncio.Semaphore(BLOCKS_AT_ONCE)

    async def fill(rows: slice, columns: slice) -> None:
        async with at_once:
            block = await ask_block(origins[rows], destinations[columns])
        whole.seconds[rows, columns] = block.seconds
        whole.metres[rows, columns] = block.metres
        whole.origin_snap_metres[rows] = block.origin_snap_metres
        whole.destination_snap_metres[columns] = block.destination_snap_metres

    try:
        async with asyncio.TaskGroup() as blocks:
            for row in range(0, shape[0], block_side):
                for column in range(0, shape[1], block_side):
                    blocks.create_task(fill(slice(row, row + block_side), slice(column, column + block_side)))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    _refuse_implausible(whole, lonlat(origins), lonlat(destinations))
    return _with_access(whole, source)


def _refuse_implausible(whole: Block, origins: Floats, destinations: Floats) -> None:
    snaps = whole.origin_snap_metres[:, None] + whole.destination_snap_metres[None, :]
    farthest = max(whole.origin_snap_metres.max(initial=0), whole.destination_snap_metres.max(initial=0))
    if farthest > FARTHEST_SNAP_METRES:
        raise EngineFailure(DegradedReason.OFF_NETWORK, "a place is far from every road of the engine's map")
    straight = metres_between(origins[:, None, :], destinations[None, :, :])
    far = straight > _FAR_METRES + snaps
    with np.errstate(invalid="ignore"):
        too_short = far & (whole.metres + snaps < 0.9 * straight)
        too_fast = far & (whole.seconds * _FASTEST_M_PER_S < straight - snaps)
    if (too_short | too_fast).any():
        row, column = np.argwhere(too_short | too_fast)[0]
        raise EngineFailure(
            DegradedReason.IMPLAUSIBLE,
            f"{whole.metres[row, column]:.0f} m in {whole.seconds[row, column]:.0f} s "
            f"for {straight[row, column]:.0f} m as the crow flies",
        )


def _with_access(whole: Block, source: str) -> TravelMatrix:
    start, end = whole.origin_snap_metres * ACCESS_DETOUR, whole.destination_snap_metres * ACCESS_DETOUR
    access = start[:, None] + end[None, :]
    return TravelMatrix(
        seconds=_rounded(whole.seconds + access * 3.6 / ACCESS_KMH),
        metres=_rounded(whole.metres + access),
        origin_access_metres=_rounded(start),
        destination_access_metres=_rounded(end),
        source=source,
    )


def _rounded(values: Floats) -> npt.NDArray[np.int32]:
    return np.where(np.isnan(values), NO_WAY, np.rint(np.nan_to_num(values))).astype(np.int32)
