"""Judging an uploaded picture and making the copy that is served. Nothing that was uploaded is ever served as it came.

The copy is drawn anew from pixels: whatever else the file carried (EXIF, comments, a second file behind the first)
is not in it.
"""

import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from kit.problems import Invalid, TooLarge, UnsupportedMedia

MAX_BYTES = 12_000_000
MAX_PIXELS = 50_000_000
"""Phones of today make 50-megapixel photos. A JPEG that is stored line by line is decoded at half its size or less."""
MAX_PIXELS_WHOLE = {"JPEG": 16_000_000, "PNG": 12_500_000, "WEBP": 6_000_000}
"""Of a picture that must be decoded whole (a JPEG: when it is progressive, or has one colour after the other): its
bitmap takes 4 bytes a pixel, what its decoder keeps beside it up to 6 (JPEG) or 12 (WebP)."""
SERVED_SIDE = 2048
"""Longest side of the served copy in pixels: enough to read a type plate."""
SERVED_QUALITY = 82
SERVED_TYPE = "image/jpeg"
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_SHOWN_FIRST = "MPO"
"""A JPEG with further ones behind it, as phones write them for depth or brightness: the first is the photo."""

# What other programs would take the same bytes for. A zip is read from its end, a PDF within its first kilobyte,
# a web page wherever a careless server sniffs it.
_PAGE = re.compile(rb"<\s*(script|html|svg|iframe|object|embed|!doctype|\?php)\b", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 65_557
_PDF = b"%PDF-"

# Markers of JPEG: frames whose lines follow each other, and the start of a scan.
_SEQUENTIAL = (0xC0, 0xC1)
_SCAN = 0xDA
_STRIP = 64
"""Lines of the smaller picture that are made at once."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by its EXIF orientation."""
_ON_THEIR_SIDE = (5, 6, 7, 8)


class NotAPicture(UnsupportedMedia):
    """This is not a JPEG, PNG or WebP picture"""


class BrokenPicture(Invalid):
    """The picture cannot be read to its end"""


class TwoFilesInOne(Invalid):
    """The file is a picture and something else at once"""


class TooManyPixels(TooLarge):
    """The picture has too many pixels"""


class PictureTooLarge(TooLarge):
    """The picture file is too large"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was judged good, and its served copy. `lon`, `lat` are WGS-84 as the camera wrote them;
    `taken_at` is the camera's own time, ISO 8601, with an offset only when the camera knew it."""

    media_type: str
    width: int
    height: int
    taken_at: str | None
    lon: float | None
    lat: float | None
    served: bytes


def judge(content: bytes) -> Picture:
    """Raises NotAPicture, TooManyPixels, BrokenPicture, TwoFilesInOne or PictureTooLarge, each with the reason.

    Takes up to about a second of one core, and 170 MB with the process around it; call it in a thread, one at a time.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooLarge(f"the file is larger than {MAX_BYTES} bytes: make it smaller on the phone")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = _open(content)
        size = image.size
        _refuse_second_file(content)
        small = _decode(image)
        exif = _exif(image)
        upright = _upright(small, exif)
    width, height = reversed(size) if _orientation(exif) in _ON_THEIR_SIDE else size
    return Picture(
        media_type=FORMATS[_format(image)],
        width=width,
        height=height,
        taken_at=_taken_at(exif),
        served=_encode(upright),
        **_position(exif),
    )


def _open(content: bytes) -> Image.Image:
    """The header alone: nothing is decoded before its size is known to be bearable."""
    try:
        image = Image.open(BytesIO(content), formats=tuple(FORMATS))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise TooManyPixels(f"more than {MAX_PIXELS} pixels") from error
    except Exception as error:  # whatever a hostile header makes the reader raise, it is no picture
        raise NotAPicture("the content is not a JPEG, PNG or WebP picture") from error
    width, height = image.size
    most = MAX_PIXELS if _line_by_line(content) else MAX_PIXELS_WHOLE[_format(image)]
    if width * height > most:
        raise TooManyPixels(f"{width} × {height} pixels, at most {most} are taken of this kind of file")
    if getattr(image, "n_frames", 1) > 1 and image.format != _SHOWN_FIRST:
        raise NotAPicture("moving pictures are not taken")
    return image


def _format(image: Image.Image) -> str:
    return "JPEG" if image.format == _SHOWN_FIRST else str(image.format)


def _refuse_second_file(content: bytes) -> None:
    if _PAGE.search(content) or _PDF in content[:1024] or _ZIP_END in content[-_ZIP_TAIL:]:
        raise TwoFilesInOne("other programs would read this file as a page, document or archive")


def _line_by_line(content: bytes) -> bool:
    """Whether this is a JPEG whose first scan has all colours: its decoder keeps a few lines, never the picture."""
    at, colours = 2, 0
    while content.startswith(b"\xff", at) and len(content) > at + 9:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker in _SEQUENTIAL:
            colours = content[at + 9]
        if marker == _SCAN:
            return colours == content[at + 4]
        at += 2 + length
    return False


def _decode(image: Image.Image) -> Image.Image:
    """The pixels at twice the served size or less, where that can be had without the whole bitmap twice."""
    width, height = image.size
    scale = max(width, height) // SERVED_SIDE or 1
    try:
        image.draft("RGB", (width // scale, height // scale))  # does nothing but for a JPEG
        image.load()
        if image.mode not in ("RGB", "L", "CMYK") or image.has_transparency_data:
            image = _flattened(image, scale)
        image.thumbnail((SERVED_SIDE, SERVED_SIDE), Image.Resampling.LANCZOS)
    except Exception as error:  # truncated, corrupt, or lying about its own size
        raise BrokenPicture("the picture ends too early or is damaged: send it again") from error
    return image


def _flattened(image: Image.Image, scale: int) -> Image.Image:
    """On white, without alpha, smaller by the whole number `scale`; done in strips, as each step copies what it is
    given."""
    width, height = image.size
    flat = Image.new("RGB", (-(-width // scale), -(-height // scale)), "white")
    lines = scale * _STRIP
    for top in range(0, height, lines):
        strip = image.crop((0, top, width, min(top + lines, height)))
        if strip.has_transparency_data:
            rgba = strip.convert("RGBA")
            strip = Image.new("RGB", rgba.size, "white")
            strip.paste(rgba, mask=rgba.getchannel("A"))
        flat.paste(strip.convert("RGB").reduce(scale), (0, top // scale))
    return flat


def _upright(small: Image.Image, exif: Image.Exif) -> Image.Image:
    turned = _TURNS.get(_orientation(exif))
    return (small.transpose(turned) if turned is not None else small).convert("RGB")


def _encode(upright: Image.Image) -> bytes:
    # A new picture of the same pixels: `info` of the old one (profile, comment, EXIF) stays behind.
    clean = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = BytesIO()
    clean.save(out, "JPEG", quality=SERVED_QUALITY, optimize=True)
    return out.getvalue()


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # a damaged EXIF block spoils no good picture
        return Image.Exif()


def _orientation(exif: Image.Exif) -> int:
    """1 to 8; 1 (upright) when nothing that can be read says otherwise."""
    try:
        return int(exif.get(Base.Orientation, 1))
    except Exception:
        return 1


def _taken_at(exif: Image.Exif) -> str | None:
    """`2026:11:03 14:05:09` and `+08:00` as ISO 8601."""
    try:
        detail = exif.get_ifd(IFD.Exif)
        written = str(detail.get(Base.DateTimeOriginal) or exif.get(Base.DateTime) or "")
        offset = str(detail.get(Base.OffsetTimeOriginal) or "")
    except Exception:
        return None
    found = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)\x00?", written)
    if found is None:
        return None
    year, month, day, time = found.groups()
    return f"{year}-{month}-{day}T{time}" + (offset if re.fullmatch(r"[+-]\d\d:\d\d", offset) else "")


def _position(exif: Image.Exif) -> dict[str, float | None]:
    """Longitude and latitude in degrees, or None for both."""
    try:
        gps = exif.get_ifd(IFD.GPSInfo)
        lon = _degrees(gps[GPS.GPSLongitude], negative=gps.get(GPS.GPSLongitudeRef) == "W")
        lat = _degrees(gps[GPS.GPSLatitude], negative=gps.get(GPS.GPSLatitudeRef) == "S")
    except Exception:
        return {"lon": None, "lat": None}
    plausible = -180 <= lon <= 180 and -90 <= lat <= 90 and (lon, lat) != (0, 0)
    return {"lon": lon, "lat": lat} if plausible else {"lon": None, "lat": None}


def _degrees(parts: Any, *, negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = round(degrees + minutes / 60 + seconds / 3600, 7)
    return -value if negative else value


Image.MAX_IMAGE_PIXELS = MAX_PIXELS
