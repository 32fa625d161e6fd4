"""Photos: kept once by their content, shown without what the camera wrote, and hostile ones refused in time."""

import asyncio
import hashlib
import io
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from kit.ids import new_id
from mobile_api.photos.picture import judge
from mobile_api.use_cases import asking, lane
from tests.mobile_api import pictures
from tests.mobile_api.conftest import Field, Phone
from tests.running import body, eventually

Json = dict[str, Any]


async def upload(phone: Phone, visit: Json, content: bytes, **headers: str) -> httpx.Response:
    given = {
        "X-Content-SHA256": hashlib.sha256(content).hexdigest(),
        "X-Operation-Id": new_id(),
        "X-Order-Id": visit["order_id"],
        "X-Step": "before",
        "Content-Type": "image/jpeg",
    }
    return await phone.client.post("/mobile/v1/photos", content=content, headers=given | headers)


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = picture.convert("RGB").getpixel((x, y))
    assert isinstance(value, tuple)
    return value


async def test_the_served_copy_is_upright_and_bare_and_its_exif_is_kept_as_fields(
    field_: Field, phone: Phone, visit: Json
) -> None:
    content = pictures.jpeg(size=(400, 200), exif=pictures.camera_exif(orientation=6))
    made = body(await upload(phone, visit, content), 201)
    answer = await phone.client.get(f"/mobile/v1/photos/{made['sha256']}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["x-content-type-options"] == "nosniff"
    served = Image.open(io.BytesIO(answer.content))
    assert served.size == (200, 400), "turned as the camera said"
    assert pixel(served, 190, 10)[2] > 200, "the blue corner went to the upper right"
    assert len(served.getexif()) == 0
    assert served.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"SERIAL-4711" not in answer.content
    listed = body(await phone.client.get(f"/mobile/v1/orders/{visit['order_id']}/photos"))["items"][0]
    assert (listed["taken_at"], listed["lon"], listed["lat"]) == ("2026-11-03T14:05:09+08:00", 117.12, 36.65)


async def test_the_same_upload_again_is_kept_once_and_told_once(field_: Field, phone: Phone, visit: Json) -> None:
    content, headers = pictures.jpeg(), {"X-Operation-Id": new_id()}
    both = await asyncio.gather(*(upload(phone, visit, content, **headers) for _ in range(2)))
    assert {answer.status_code for answer in both} <= {200, 201}
    again = await upload(phone, visit, content, **headers)
    assert body(again, 200)["duplicate"] is True
    other_step = await upload(phone, visit, content, **{"X-Step": "after"})
    assert other_step.status_code == 201

    async def told() -> list[str]:
        rows: list[Json] = body(await field_.system.service.get("/mobile/v1/journal"))["items"]
        return [row["payload"]["step"] for row in rows if row["kind"] == "photo.stored"]

    steps = await eventually(told, lambda steps: len(steps) >= 2)
    assert sorted(steps) == ["after", "before"]
    changed = await upload(phone, visit, pictures.jpeg(colour="green"), **headers)
    assert changed.status_code == 409


async def test_a_photo_operation_waits_for_its_upload_and_a_completion_for_its_signature(
    field_: Field, phone: Phone, visit: Json
) -> None:
    content = pictures.jpeg()
    sha256 = hashlib.sha256(content).hexdigest()
    photo = phone.operation("photo", visit, sha256=sha256, step="before")
    complete = phone.operation("complete", visit, signature_photo=sha256)
    results = await phone.send(photo, complete)
    assert [(result["status"], result["reason"]) for result in results] == [("received", "waits-for-photo")] * 2
    assert field_.owners.applied == {}
    assert (await upload(phone, visit, content, **{"X-Operation-Id": photo["id"]})).status_code == 201
    answers = await phone.final(photo["id"], complete["id"])
    assert {answer["status"] for answer in answers.values()} == {"applied"}
    wrong = phone.operation("photo", visit, sha256="0" * 64, step="before") | {"id": photo["id"]}
    assert (await phone.send(wrong))[0]["reason"] == "operation-reused"


async def test_a_photo_that_comes_while_its_operation_is_being_put_off_is_seen_at_once(
    field_: Field, phone: Phone, visit: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pictures.jpeg()
    photo = phone.operation("photo", visit, sha256=hashlib.sha256(content).hexdigest(), step="before")
    look, looked = asking._photos_are_here, []

    async def just_too_early(*args: Any) -> bool:
        here = await look(*args)
        looked.append(here)
        if len(looked) == 2:
            assert (await upload(phone, visit, content, **{"X-Operation-Id": photo["id"]})).status_code == 201
        return here

    monkeypatch.setattr(asking, "_photos_are_here", just_too_early)
    monkeypatch.setattr(lane, "_pause", lambda attempts: timedelta(hours=attempts))
    assert (await phone.send(photo))[0]["reason"] == "waits-for-photo"
    assert (await phone.final(photo["id"]))[photo["id"]]["status"] == "applied"
    assert looked == [False, False, True]


async def test_who_may_see_a_photo(field_: Field, phone: Phone, visit: Json) -> None:
    sha256 = body(await upload(phone, visit, pictures.jpeg()), 201)["sha256"]
    sign_in = field_.system.sign_in
    callers = {
        "own": phone.client,
        "other engineer": (await field_.engineer("E-2")).client,
        "admin": await sign_in("admin"),
        "auditor": await sign_in("auditor"),
        "branch": await sign_in("dispatcher", branch_id="HB"),
        "other branch": await sign_in("dispatcher", branch_id="GD"),
        "station": await sign_in("station", station_id="HB-01", branch_id="HB"),
        "other station": await sign_in("station", station_id="HB-02", branch_id="HB"),
    }
    seen = {}
    for who, client in callers.items():
        one = await client.get(f"/mobile/v1/photos/{sha256}")
        many = await client.get(f"/mobile/v1/orders/{visit['order_id']}/photos")
        assert one.status_code == many.status_code
        seen[who] = one.status_code
    assert seen == dict.fromkeys(callers, 200) | dict.fromkeys(("other engineer", "other branch", "other station"), 404)
    assert (await field_.system.client(None).get(f"/mobile/v1/photos/{sha256}")).status_code == 401
    for nonsense in ("0" * 64, "..%2f..%2fetc%2fpasswd", "x", sha256.upper()):
        assert (await phone.client.get(f"/mobile/v1/photos/{nonsense}")).status_code in (404, 422)


async def test_foreign_orders_wrong_hashes_and_headers(field_: Field, phone: Phone, visit: Json) -> None:
    content = pictures.jpeg()
    other = await field_.engineer("E-2")
    assert (await upload(other, visit, content)).status_code == 404
    cut = await upload(phone, visit, content[:-1], **{"X-Content-SHA256": hashlib.sha256(content).hexdigest()})
    assert (cut.status_code, cut.json()["type"]) == (422, "/problems/wrong-hash")
    for name, value in (
        ("X-Content-SHA256", "x"),
        ("X-Operation-Id", "x"),
        ("X-Order-Id", ""),
        ("X-Step", ""),
        ("X-Step", "x" * 101),
    ):
        assert (await upload(phone, visit, content, **{name: value})).status_code == 422, name
    used = await phone.do("depart", visit)
    assert (await upload(phone, visit, content, **{"X-Operation-Id": used["id"]})).status_code == 409
    assert body(await phone.client.get(f"/mobile/v1/orders/{visit['order_id']}/photos"))["items"] == []


async def test_hostile_files_are_refused_with_the_reason(phone: Phone, visit: Json) -> None:
    wrong = {}
    for name, (content, status) in pictures.hostile().items():
        started = time.perf_counter()
        answer = await upload(phone, visit, content)
        took = time.perf_counter() - started
        if answer.status_code != status or took > 10 or "detail" not in answer.json():
            wrong[name] = (answer.status_code, answer.text[:200], round(took, 1))
    assert wrong == {}
    assert body(await phone.client.get(f"/mobile/v1/orders/{visit['order_id']}/photos"))["items"] == []


MODES = {
    "JPEG": ("RGB", "L", "CMYK", "1"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "I;16", "1"),
    "WEBP": ("RGB", "RGBA", "L", "P", "CMYK", "1"),
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_every_kind_of_picture_is_drawn_anew(kind: str, mode: str) -> None:
    judged = judge(pictures.encoded(Image.new(mode, (40, 30)), kind))
    assert (judged.width, judged.height) == (40, 30)
    assert Image.open(io.BytesIO(judged.served)).mode == "RGB"


def test_transparent_signatures_are_black_on_white() -> None:
    signature = Image.new("RGBA", (60, 30), (0, 0, 0, 0))
    signature.paste((0, 0, 0, 255), (10, 10, 20, 20))
    served = Image.open(io.BytesIO(judge(pictures.encoded(signature, "PNG")).served))
    assert pixel(served, 40, 5) == (255, 255, 255)
    assert max(pixel(served, 15, 15)) < 60


def test_a_photo_with_a_second_frame_is_the_first() -> None:
    photo = Image.new("RGB", (400, 300), "red")
    judged = judge(pictures.encoded(photo, "MPO", save_all=True, append_images=[photo.resize((40, 30))]))
    assert (judged.media_type, judged.width, judged.height) == ("image/jpeg", 400, 300)


JUDGED_ALONE = """
import re, resource, sys, time
from mobile_api.photos.picture import judge
from kit.problems import Problem
resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))
content, started = sys.stdin.buffer.read(), time.process_time()
try:
    judged = judge(content)
    said = f"{judged.width}x{judged.height}"
except Problem as problem:
    said = problem.slug
peak_kib = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(said, peak_kib, time.process_time() - started)
"""


@pytest.mark.parametrize("name", pictures.LARGEST)
def test_the_largest_pictures_stay_within_bounds(name: str) -> None:
    """In a process of its own, as the memory that this one had at any time would hide what is taken."""
    content, wanted = pictures.LARGEST[name]()
    alone = subprocess.run([sys.executable, "-c", JUDGED_ALONE], input=content, capture_output=True, check=True)
    said, peak_kib, cpu_s = alone.stdout.decode().split()
    assert said == wanted
    assert int(peak_kib) * 1024 <= 200_000_000
    assert float(cpu_s) <= 2
