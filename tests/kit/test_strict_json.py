"""Bodies that two readers would understand differently, or that PostgreSQL could not store, are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.problems import NotJson
from kit.strict_json import MAX_DEPTH, check

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/~", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a": NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[1e999]", "too large"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'["\\u0000"]', "U+0000"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "line 1"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested"),
        (b"[" * 100_000, "nested"),
        (b"1" * 5000, "longer"),
    ],
)
def test_refuses(body: bytes, says: str) -> None:
    with pytest.raises(NotJson, match=says.replace("+", r"\+")):
        check(body)


@given(JSON)
def test_takes_everything_else(value: object) -> None:
    import json

    check(json.dumps(value).encode())


def test_brackets_inside_texts_are_not_depth() -> None:
    check(b'["' + b"[" * 1000 + b'"]')
