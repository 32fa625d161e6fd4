"""Telephone numbers as they are compared."""

FEWEST_DIGITS = 5
FULL_NUMBER = 10
"""Digits of the shortest number with its area code."""


def phone_digits(phone: str | None) -> str | None:
    """The digits without China's prefix, however the number was written; None when they are too few to find anybody.

    `+86 138-0013-8000`, `0086 13800138000` and `13800138000` are one number.
    """
    digits = "".join(character for character in phone or "" if character.isdecimal() and character.isascii())
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= FULL_NUMBER:
            digits = digits.removeprefix(prefix)
            break
    return digits if len(digits) >= FEWEST_DIGITS else None
