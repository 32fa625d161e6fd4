"""A photo that comes in pieces is the same photo, however often the way is cut."""

import base64
import hashlib
from typing import Any

import httpx

from kit.ids import new_id
from tests.mobile_api.conftest import Field, Phone
from tests.mobile_api.pictures import jpeg
from tests.running import body

Json = dict[str, Any]
PIECE = 1000


class Upload:
    """One photo on its way."""

    def __init__(self, phone: Phone, visit: Json, content: bytes, *, sha256: str | None = None):
        self.phone = phone
        self.content = content
        self.id = new_id()
        self.path = f"/mobile/v1/uploads/{self.id}"
        self.metadata = {
            "operation_id": self.id,
            "order_id": visit["order_id"],
            "step": "before",
            "sha256": sha256 or hashlib.sha256(content).hexdigest(),
        }

    async def begin(self, **changes: str) -> httpx.Response:
        said = self.metadata | changes
        pairs = [f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items()]
        headers = {"Upload-Length": str(len(self.content)), "Upload-Metadata": ",".join(pairs)}
        return await self.phone.client.post("/mobile/v1/uploads", headers=headers)

    async def piece(self, offset: int, length: int = PIECE) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        content = self.content[offset : offset + length]
        return await self.phone.client.patch(self.path, headers=headers, content=content)

    async def offset(self) -> int:
        answer = await self.phone.client.head(self.path)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    async def rest(self, offset: int = 0) -> httpx.Response:
        """Piece by piece to the end; the answer to the last one."""
        while True:
            answer = await self.piece(offset)
            offset += PIECE
            if answer.status_code != 204 or offset >= len(self.content):
                return answer


async def test_pieces_become_one_photo(phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg())
    begun = await upload.begin()
    assert (begun.status_code, begun.headers["location"]) == (201, upload.path)
    assert (await upload.rest()).status_code == 204
    (kept,) = body(await phone.client.get(f"/mobile/v1/orders/{visit['order_id']}/photos"))["items"]
    assert (kept["sha256"], kept["step"]) == (upload.metadata["sha256"], "before")


async def test_after_a_cut_it_goes_on_where_it_stopped(phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg())
    await upload.begin()
    await upload.piece(0)
    again = await upload.piece(0)  # its answer was lost
    assert (again.status_code, again.json()["offset"]) == (409, PIECE)
    assert int((await upload.begin()).headers["Upload-Offset"]) == PIECE
    assert await upload.offset() == PIECE
    assert (await upload.rest(PIECE)).status_code == 204
    # The answer to the last piece was lost as well: everything is there.
    assert await upload.offset() == len(upload.content)
    assert int((await upload.begin()).headers["Upload-Offset"]) == len(upload.content)


async def test_the_last_piece_is_here_when_the_photo_is_kept(field_: Field, phone: Phone, visit: Json) -> None:
    """A phone that is told that everything is here forgets its picture."""
    upload = Upload(phone, visit, jpeg())
    last = len(upload.content) // PIECE * PIECE
    await upload.begin()
    for offset in range(0, last, PIECE):
        assert (await upload.piece(offset)).status_code == 204
    full = field_.system.assembly.settings.data / "photos" / "original"
    full.write_text("in the way, as a full disk")
    assert (await upload.piece(last)).status_code == 503
    assert await upload.offset() == last
    full.unlink()
    assert (await upload.piece(last)).status_code == 204
    assert await upload.offset() == len(upload.content)
    (kept,) = body(await phone.client.get(f"/mobile/v1/orders/{visit['order_id']}/photos"))["items"]
    assert kept["sha256"] == upload.metadata["sha256"]


async def test_what_nobody_goes_on_with_is_forgotten_after_a_week(field_: Field, phone: Phone, visit: Json) -> None:
    left, other = Upload(phone, visit, jpeg()), Upload(phone, visit, jpeg())
    await left.begin()
    await left.piece(0)
    for days, status in ((6.9, 200), (0.2, 404)):
        await field_.later(phone, days=days)
        await other.begin()
        assert (await phone.client.head(left.path)).status_code == status
    assert int((await left.begin()).headers["Upload-Offset"]) == 0
    assert (await left.rest()).status_code == 204, "nothing of the first pieces is left"


async def test_what_was_damaged_on_the_way_is_refused_and_forgotten(phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg(), sha256="0" * 64)
    await upload.begin()
    assert body(await upload.rest(), 422)["type"].endswith("wrong-hash")
    assert (await phone.client.head(upload.path)).status_code == 404


async def test_too_much_is_refused(phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg())
    await upload.begin()
    upload.content += b"more than was announced" * 100_000
    assert (await upload.piece(0, len(upload.content))).status_code == 413
    large = Upload(phone, visit, b"")
    large.content = bytes(13_000_000)
    assert body(await large.begin(), 413)["type"].endswith("picture-too-large")


async def test_uploads_are_ones_own(field_: Field, phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg())
    await upload.begin()
    upload.phone = await field_.engineer("E-2")
    assert (await upload.begin()).status_code == 404
    assert (await upload.piece(0)).status_code == 404
    assert (await upload.phone.client.head(upload.path)).status_code == 404


async def test_an_id_means_one_upload(phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg())
    await upload.begin()
    assert (await upload.begin(step="after")).status_code == 409


async def test_odd_metadata_says_what_is_wrong(phone: Phone, visit: Json) -> None:
    upload = Upload(phone, visit, jpeg())
    for changes in ({"sha256": "x"}, {"order_id": "x"}, {"step": ""}):
        assert (await upload.begin(**changes)).status_code == 422
    headers = {"Upload-Length": "5", "Upload-Metadata": "sha256 !!!"}
    assert (await phone.client.post("/mobile/v1/uploads", headers=headers)).status_code == 422
