"""Judging an uploaded picture and making the copy that is served. Nothing that was uploaded is ever served as it came.

The copy is drawn anew from pixels: whatever else the file carried (EXIF, comments, a second file behind the first)
is not in it.
"""

import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps
from PIL.ExifTags import GPS, IFD, Base

from kit.problems import Invalid, TooLarge, UnsupportedMedia

MAX_BYTES = 12_000_000
MAX_PIXELS = 50_000_000
"""Phones of today make 50-megapixel photos; decoded that is 150 MB, which bounds our memory."""
SERVED_SIDE = 2048
"""Longest side of the served copy in pixels: enough to read a type plate."""
SERVED_QUALITY = 82
SERVED_TYPE = "image/jpeg"
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

# What other programs would take the same bytes for. A zip is read from its end, a PDF within its first kilobyte,
# a web page wherever a careless server sniffs it.
_PAGE = re.compile(rb"<\s*(script|html|svg|iframe|object|embed|!doctype|\?php)\b", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 65_557
_PDF = b"%PDF-"


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

    Takes up to about a second of one core; call it in a thread.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooLarge(f"the file is larger than {MAX_BYTES} bytes: make it smaller on the phone")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = _open(content)
        _refuse_second_file(content)
        exif = _exif(image)
        upright = _decode(image)
    width, height = upright.size
    return Picture(
        media_type=FORMATS[str(image.format)],
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
    if width * height > MAX_PIXELS:
        raise TooManyPixels(f"{width} × {height} pixels, at most {MAX_PIXELS} are taken")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise NotAPicture("moving pictures are not taken")
    return image


def _refuse_second_file(content: bytes) -> None:
    if _PAGE.search(content) or _PDF in content[:1024] or _ZIP_END in content[-_ZIP_TAIL:]:
        raise TwoFilesInOne("other programs would read this file as a page, document or archive")


def _decode(image: Image.Image) -> Image.Image:
    """The pixels, upright, on white, without alpha."""
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Exception as error:  # truncated, corrupt, or lying about its own size
        raise BrokenPicture("the picture ends too early or is damaged: send it again") from error
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        upright = Image.new("RGB", rgba.size, "white")
        upright.paste(rgba, mask=rgba.getchannel("A"))
    return upright.convert("RGB")


def _encode(upright: Image.Image) -> bytes:
    copy = upright
    copy.thumbnail((SERVED_SIDE, SERVED_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    # A new picture of the same pixels: `info` of the old one (profile, comment, EXIF) stays behind.
    clean = Image.frombytes("RGB", copy.size, copy.tobytes())
    out = BytesIO()
    clean.save(out, "JPEG", quality=SERVED_QUALITY, optimize=True)
    return out.getvalue()


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # a damaged EXIF block spoils no good picture
        return Image.Exif()


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
