"""A label with a Code 39 bar code, drawn here: what a camera sees on the box of a part."""

import io

from PIL import Image, ImageDraw

# Nine bars and spaces per letter, wide ones as 1 (ISO/IEC 16388).
_PATTERNS = {
    "*": "010010100", "-": "010000101", "0": "000110100", "1": "100100001", "2": "001100001", "3": "101100000",
    "4": "000110001", "5": "100110000", "6": "001110000", "7": "000100101", "8": "100100100", "9": "001100100",
    "E": "100011000", "N": "000010011",
}  # fmt: skip
_NARROW, _WIDE, _HEIGHT, _QUIET = 4, 10, 160, 60


def code39(text: str) -> bytes:
    """The label as PNG."""
    image = Image.new("RGB", (2 * _QUIET + 90 * (len(text) + 2), _HEIGHT + 80), "white")
    draw = ImageDraw.Draw(image)
    x = _QUIET
    for letter in f"*{text}*":
        for i, wide in enumerate(_PATTERNS[letter]):
            width = _WIDE if wide == "1" else _NARROW
            if i % 2 == 0:
                draw.rectangle((x, 40, x + width - 1, 40 + _HEIGHT), fill="black")
            x += width
        x += _NARROW
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
