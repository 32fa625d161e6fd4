"""Photos in and out."""

from typing import Annotated

from fastapi import Header, Path, Request, Response

from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Text
from kit.web import Caller
from mobile_api.api.pace import unhurried
from mobile_api.api.wire import Me, PhotoList, PhotoListed, PhotoOut, Running
from mobile_api.domain.operations import OperationId
from mobile_api.domain.routes import Sha256
from mobile_api.photos.picture import MAX_BYTES, SERVED_TYPE, PictureTooLarge
from mobile_api.store import photos as store
from mobile_api.use_cases.pictures import Upload, may_see_order, served_photo, store_photo

router = service_router("mobile", tag="photos")
Hash = Annotated[Sha256, Path()]


@router.post("/photos", status_code=201)
async def upload_photo(
    request: Request,
    response: Response,
    me: Me,
    running: Running,
    x_content_sha256: Annotated[Sha256, Header()],
    x_operation_id: Annotated[OperationId, Header()],
    x_order_id: Annotated[OperationId, Header()],
    x_step: Annotated[Text, Header(min_length=1, max_length=100)],
) -> PhotoOut:
    """Takes one JPEG, PNG or WebP picture of at most 12 MB as the raw body, and ties it to a step of one's own order.

    Send it again after a lost answer: the same upload is kept once. 413 too large or too many pixels, 415 not a
    picture, 422 damaged, cut, with another hash, or two files in one.
    """
    upload = Upload(
        operation_id=x_operation_id,
        order_id=x_order_id,
        step=x_step,
        sha256=x_content_sha256,
        content=await body_of(request),
    )
    async with unhurried():
        new = await store_photo(running, me.principal, me.id, upload)
    if new is None:
        response.status_code = 200
    return PhotoOut(sha256=x_content_sha256, duplicate=new is None)


@router.get("/photos/{sha256}", response_class=Response, responses={200: {"content": {SERVED_TYPE: {}}}})
async def read_photo(sha256: Hash, caller: Caller, running: Running) -> Response:
    """The copy that was drawn anew: upright, at most 2048 pixels wide or high, without anything the camera wrote."""
    content = await served_photo(running, caller, sha256)
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'inline; filename="{sha256[:16]}.jpg"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=SERVED_TYPE, headers=headers)


@router.get("/orders/{order_id}/photos")
async def list_photos(order_id: OperationId, caller: Caller, running: Running) -> PhotoList:
    """The photos of an order with their steps, oldest first, for whoever may see the order."""
    if not await may_see_order(running, caller, order_id):
        raise NotFound("there is no such order")
    async with running.db.read() as tx:
        rows = await store.of_order(tx, order_id)
    fields = PhotoListed.model_fields
    return PhotoList(items=[PhotoListed(**{field: getattr(row, field) for field in fields}) for row in rows])


async def body_of(request: Request) -> bytes:
    """The body, read no further than a picture may be long."""
    announced = request.headers.get("content-length", "0")
    too_large = PictureTooLarge(f"the file is larger than {MAX_BYTES} bytes: make it smaller on the phone")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)
