"""Photos in pieces: the core and the creation extension of tus 1.0."""

import base64
from typing import Annotated

from fastapi import Header, Path, Request, Response
from pydantic import Field, ValidationError

from kit.answers import invalid_of
from kit.problems import Invalid
from kit.routes import service_router
from kit.values import Text, Wire
from mobile_api.api.pace import unhurried
from mobile_api.api.photos import body_of
from mobile_api.api.wire import Me, Running
from mobile_api.domain.operations import OperationId
from mobile_api.domain.routes import Sha256
from mobile_api.photos.picture import MAX_BYTES
from mobile_api.use_cases import uploads

router = service_router("mobile", tag="photos")
TUS = {"Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0", "Tus-Extension": "creation", "Tus-Max-Size": str(MAX_BYTES)}
UploadId = Annotated[OperationId, Path()]
Count = Annotated[int, Header(ge=0, le=10**12)]


class Metadata(Wire):
    """What an upload shows; `operation_id` is that of its `photo` operation."""

    operation_id: OperationId
    order_id: OperationId
    step: Annotated[Text, Field(min_length=1)]
    sha256: Sha256


@router.post("/uploads", status_code=201, response_class=Response)
async def begin_upload(
    me: Me, running: Running, upload_length: Count, upload_metadata: Annotated[str, Header(max_length=4000)]
) -> Response:
    """Begins an upload. `Upload-Metadata`: operation_id, order_id, step, sha256 (hex), each value in base64.

    The same once more goes on with it: `Upload-Offset` says where.
    """
    about = _metadata(upload_metadata)
    announced = uploads.Announced(
        id=about.operation_id, order_id=about.order_id, step=about.step, sha256=about.sha256, length=upload_length
    )
    offset = await uploads.begin(running, me.id, announced)
    headers = {"Location": f"/mobile/v1/uploads/{about.operation_id}", "Upload-Offset": str(offset)}
    return Response(status_code=201, headers=TUS | headers)


@router.head("/uploads/{upload_id}", response_class=Response)
async def read_upload(upload_id: UploadId, me: Me, running: Running) -> Response:
    """Where the upload stands, in the header `Upload-Offset`."""
    offset, length = await uploads.offset_of(running, me.id, upload_id)
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(length), "Cache-Control": "no-store"}
    return Response(headers=TUS | headers)


@router.patch("/uploads/{upload_id}", status_code=204, response_class=Response)
async def add_piece(request: Request, upload_id: UploadId, me: Me, running: Running, upload_offset: Count) -> Response:
    """The next piece, at `Upload-Offset`; 409 tells where the upload stands. The last one answers for the photo."""
    piece = await body_of(request)
    async with unhurried():
        offset = await uploads.add(running, me.principal, me.id, upload_id, upload_offset, piece)
    return Response(status_code=204, headers=TUS | {"Upload-Offset": str(offset)})


def _metadata(header: str) -> Metadata:
    """Raises Invalid."""
    found: dict[str, str] = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode("utf-8")
        except ValueError as error:
            raise Invalid("the values in Upload-Metadata are base64 of UTF-8") from error
    try:
        return Metadata.model_validate(found)
    except ValidationError as error:
        raise invalid_of(error) from error
