"""Pictures of all kinds, made here: good ones, and ones that somebody made to hurt."""

import io
import struct
import zlib
from collections.abc import Callable
from zipfile import ZipFile

from PIL import Image


def jpeg(*, size: tuple[int, int] = (320, 240), exif: Image.Exif | None = None, colour: str = "red") -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", size, colour)
    picture.paste("blue", (0, 0, size[0] // 2, size[1] // 2))  # one corner differs: turning shows
    picture.save(out, "JPEG", quality=90, **({"exif": exif} if exif is not None else {}))
    return out.getvalue()


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def camera_exif(*, orientation: int = 6) -> Image.Exif:
    """As a phone writes it: turned, with time, place, and a serial number."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "Phone X"
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = "2026:11:03 14:05:09"
    detail[0x9011] = "+08:00"
    detail[0xA431] = "SERIAL-4711"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (36.0, 39.0, 0.0), "E", (117.0, 7.0, 12.0)
    return exif


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be so large, with hardly any data behind."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 4096)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """144 megapixels in some hundred kilobytes, every one of them there."""
    return encoded(Image.new("1", (12_000, 12_000)), "PNG")


def zipped() -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("run.sh", "echo hello")
    return out.getvalue()


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def _one_colour_after_the_other() -> bytes:
    """A JPEG whose first scan names one of its three colours: the decoder has to keep all of them."""
    whole = jpeg(size=(8160, 6120))
    at = whole.index(b"\xff\xda\x00\x0c\x03")
    return whole[:at] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + whole[at + 14 :]


def _clear(size: tuple[int, int], kind: str, **options: object) -> bytes:
    return encoded(Image.new("RGBA", size), kind, **options)


def _progressive(size: tuple[int, int]) -> bytes:
    return encoded(Image.new("RGB", size, "red"), "JPEG", progressive=True, subsampling=0)


LARGEST: dict[str, Callable[[], tuple[bytes, str]]] = {
    "photo of 49.9 megapixels": lambda: (jpeg(size=(8160, 6120)), "8160x6120"),
    "progressive photo": lambda: (_progressive((4600, 3470)), "4600x3470"),
    "larger progressive photo": lambda: (_progressive((4800, 3600)), "too-many-pixels"),
    "colour after colour": lambda: (_one_colour_after_the_other(), "too-many-pixels"),
    "transparent PNG": lambda: (_clear((4080, 3060), "PNG"), "4080x3060"),
    "larger PNG": lambda: (png_header(8160, 6120), "too-many-pixels"),
    "transparent WebP": lambda: (_clear((2449, 2449), "WEBP", method=0), "2449x2449"),
    "larger WebP": lambda: (_clear((2600, 2600), "WEBP", method=0), "too-many-pixels"),
}
"""The largest of each kind that are taken, and larger ones; with what is said: the size, or the refusal."""


def hostile() -> dict[str, tuple[bytes, int]]:
    """Each with the status that it must be answered with."""
    good = jpeg(size=(64, 64))
    page = b"<html><script>alert(1)</script></html>"
    comment = good[:2] + b"\xff\xfe" + struct.pack(">H", len(page) + 2) + page + good[2:]
    noise = encoded(Image.effect_noise((200, 200), 50), "JPEG")
    return {
        "empty": (b"", 415),
        "text": (b"hello", 415),
        "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 415),
        "html": (page, 415),
        "gif": (encoded(Image.new("P", (9, 9)), "GIF"), 415),
        "bmp": (encoded(Image.new("RGB", (9, 9)), "BMP"), 415),
        "tiff": (encoded(Image.new("RGB", (9, 9)), "TIFF"), 415),
        "ico": (encoded(Image.new("RGB", (16, 16)), "ICO"), 415),
        "pdf": (encoded(Image.new("RGB", (9, 9)), "PDF"), 415),
        "zip": (zipped(), 415),
        "executable": (b"\x7fELF" + b"\0" * 200, 415),
        "moving png": (moving("PNG"), 415),
        "moving webp": (moving("WEBP"), 415),
        "jpeg magic only": (b"\xff\xd8\xff\xe0", 415),
        "jpeg magic and noise": (b"\xff\xd8\xff" + bytes(range(256)) * 4, 415),
        "truncated jpeg": (noise[: len(noise) // 2], 422),
        "truncated in the header": (good[:120], 415),
        "truncated png": (encoded(Image.effect_noise((64, 64), 50), "PNG")[:900], 422),
        "bomb": (bomb(), 413),
        "claims 100000 x 100000": (png_header(100_000, 100_000), 413),
        "claims 2^31 wide": (png_header(2**31 - 1, 1), 413),
        "claims 4000 x 3000 and has nothing": (png_header(4000, 3000), 422),
        "claims no size": (png_header(0, 0), 415),
        "jpeg with a page in its comment": (comment, 422),
        "jpeg with a page behind": (good + page, 422),
        "jpeg with a zip behind": (good + zipped(), 422),
        "jpeg with php behind": (good + b"<?php system('id'); ?>", 422),
        "pdf inside jpeg's start": (good[:2] + b"\xff\xfe\x00\x0a%PDF-1.7" + good[2:], 422),
        "too large": (good + b"\0" * 12_000_000, 413),
    }
