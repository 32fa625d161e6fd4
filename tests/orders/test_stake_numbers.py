"""Stake numbers: read as people say them, located within the stated error, and refused with what is missing."""

from math import cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.geo import distance_m
from kit.values import Place
from services.orders.stake_numbers import (
    CALLER_ERROR_M,
    KilometrePost,
    Line,
    RouteReference,
    StakeNumber,
    StakeReason,
    StakeUnusable,
    parse_stake,
)

G2 = "京沪高速公路 Beijing–Shanghai"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("G2 京沪高速 K412+300", StakeNumber("G2", "京沪高速", 412_300, 100)),
        ("G2K412+300", StakeNumber("G2", None, 412_300, 100)),
        ("K412+300 G2 上行", StakeNumber("G2", None, 412_300, 100, Line.UP)),
        ("g2 k412+305", StakeNumber("G2", None, 412_305, 1)),
        ("Ｇ２　Ｋ４１２＋３１０", StakeNumber("G2", None, 412_310, 10)),
        ("G2 京沪高速公路 K412", StakeNumber("G2", "京沪高速", 412_000, 1000)),
        ("京沪高速412公里300米", StakeNumber(None, "京沪高速", 412_300, 100)),
        ("京沪高速 412.3km 处", StakeNumber(None, "京沪高速", 412_300, 100)),
        ("G2 412+300", StakeNumber("G2", None, 412_300, 100)),
        ("G2 412公里", StakeNumber("G2", None, 412_000, 1000)),
        ("G15W ZK15.2", StakeNumber("G15W", None, 15_200, 100, Line.DOWN)),
        ("S29 YK0+050", StakeNumber("S29", None, 50, 10, Line.UP)),
        ("G0421 右幅 桩号K88+000", StakeNumber("G0421", None, 88_000, 100, Line.UP)),
        ("G2 京沪高速 K412+300 往上海方向", StakeNumber("G2", "京沪高速", 412_300, 100, None, "上海")),
        ("K 412 + 300, G 2", StakeNumber("G2", None, 412_300, 100)),
    ],
)
def test_what_people_say(text: str, expected: StakeNumber) -> None:
    assert parse_stake(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", StakeReason.NO_POST),
        ("G2 京沪高速", StakeReason.NO_POST),
        ("距G2入口5公里", StakeReason.NO_POST),
        ("京沪高速济南服务区附近3公里", StakeReason.NO_POST),
        ("K412+300", StakeReason.NO_MOTORWAY),
        ("G2 G3 K412+300", StakeReason.SEVERAL),
        ("G2 K412+300 到 K415+000", StakeReason.SEVERAL),
        ("G2 K412+300 上行 下行", StakeReason.SEVERAL),
        ("G2 K412+3000", StakeReason.NO_POST),
        ("G2 K412+30", StakeReason.NO_POST),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: StakeReason) -> None:
    with pytest.raises(StakeUnusable) as unusable:
        parse_stake(text)
    assert unusable.value.reason is reason


numbers = st.builds(
    lambda kind, number, suffix: f"{kind}{number}{suffix}",
    st.sampled_from("GS"),
    st.integers(1, 9999),
    st.sampled_from(["", "N", "E", "S", "W"]),
)
names = st.sampled_from([None, "京沪高速", "济南绕城高速", "杭州湾环线高速"])


@st.composite
def stakes(draw: st.DrawFn) -> StakeNumber:
    metres = draw(st.integers(0, 9_999_999))
    whole = draw(st.booleans())
    metres = metres // 1000 * 1000 if whole else metres
    reading = 1000 if whole else 100 if metres % 100 == 0 else 10 if metres % 10 == 0 else 1
    line = draw(st.sampled_from([None, Line.UP, Line.DOWN]))
    towards = draw(st.sampled_from([None, "上海", "北京", "乌鲁木齐"]))
    return StakeNumber(draw(numbers), draw(names), metres, reading, line, towards)


@given(stakes())
def test_the_usual_form_reads_back(stake: StakeNumber) -> None:
    assert parse_stake(str(stake)) == stake


@given(st.text(alphabet="GSKZY0123456789+. 京沪高速公里米上下行方向往桩号\n\t距", max_size=40) | st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        stake = parse_stake(text)
    except StakeUnusable:
        return
    assert stake.motorway or stake.name
    assert 0 <= stake.metres < 10_000_000


def _post(km: float, lon: float, lat: float, line: Line = Line.BOTH, motorway: str = "G2") -> KilometrePost:
    return KilometrePost(motorway, G2 if motorway == "G2" else "青银高速", line, km, Place(lon, lat), made=True)


STRAIGHT = [_post(km, 117.0 + km * 0.01, 36.0) for km in (0, 100, 40, 10)]  # 0.9 km a kilometre, in any order


def test_between_posts_it_interpolates_and_says_how_sure_it_is() -> None:
    found = RouteReference(STRAIGHT).locate(parse_stake("G2 K25+000"))
    assert (found.place.lon, found.place.lat) == pytest.approx((117.25, 36.0))
    assert (found.motorway, found.line, found.made) == ("G2", Line.BOTH, True)
    assert found.error_m > CALLER_ERROR_M


def test_at_a_post_it_is_as_sure_as_the_caller() -> None:
    found = RouteReference(STRAIGHT).locate(parse_stake("京沪高速 K40+000"))
    assert (found.place.lon, found.place.lat) == pytest.approx((117.4, 36.0))
    assert found.error_m == CALLER_ERROR_M + 50


def test_a_bare_kilometre_is_less_sure_than_one_with_metres() -> None:
    reference = RouteReference(STRAIGHT)
    bare, fine = reference.locate(parse_stake("G2 K40")), reference.locate(parse_stake("G2 K40+000"))
    assert bare.error_m == fine.error_m + 450


@given(
    bend=st.floats(0.001, 0.2),
    phase=st.floats(0, 6.28),
    spacing=st.integers(3, 60),
    asked=st.integers(0, 1_500),
)
def test_a_winding_road_is_within_the_error(bend: float, phase: float, spacing: int, asked: int) -> None:
    """A road drawn step by step with a changing course; posts read off it; any point of it asked for."""
    place, road = Place(110.0, 35.0), []
    for step in range(1_501):  # steps of 20 m
        road.append(place)
        course = phase + 2 * sin(bend * step)
        place = Place(
            place.lon + 20 * cos(course) / (111_195 * cos(radians(place.lat))),
            place.lat + 20 * sin(course) / 111_195,
        )
    kept = {*range(0, 1_501, spacing * 10), 1_500}
    posts = [_post(step * 0.02, road[step].lon, road[step].lat) for step in kept]
    found = RouteReference(posts).locate(StakeNumber("G2", None, asked * 20, 1))
    assert distance_m(found.place, road[asked]) <= found.error_m


def test_each_carriageway_has_its_own_posts_and_neither_named_is_between_them() -> None:
    posts = [_post(km, 117.0 + km * 0.01, 36.0, Line.UP) for km in (0, 50)]
    posts += [_post(km, 117.0 + km * 0.01, 36.01, Line.DOWN) for km in (0, 50)]
    reference = RouteReference(posts)
    up, down = reference.locate(parse_stake("G2 K20+000 上行")), reference.locate(parse_stake("G2 K20+000 下行"))
    either = reference.locate(parse_stake("G2 K20+000"))
    assert (up.place.lat, down.place.lat, either.place.lat) == pytest.approx((36.0, 36.01, 36.005))
    assert either.line is Line.BOTH
    for carriageway in (up, down):
        assert distance_m(either.place, carriageway.place) <= either.error_m


def test_a_carriageway_without_posts_takes_those_of_the_other() -> None:
    reference = RouteReference([_post(km, 117.0 + km * 0.01, 36.0, Line.UP) for km in (0, 50)])
    assert reference.locate(parse_stake("G2 K20+000 下行")).line is Line.UP


@pytest.mark.parametrize(
    ("text", "reason", "says"),
    [
        ("G5 K20+000", StakeReason.UNKNOWN_MOTORWAY, "G5"),
        ("京昆高速 K20+000", StakeReason.UNKNOWN_MOTORWAY, "京昆高速"),
        ("G20 京沪高速 K20+000", StakeReason.CONTRADICTION, "G2"),
        ("G2 K102+000", StakeReason.BEYOND_POSTS, "K0 to K100"),
    ],
)
def test_what_is_missing_is_said(text: str, reason: StakeReason, says: str) -> None:
    reference = RouteReference([*STRAIGHT, _post(0, 120, 36, motorway="G20"), _post(50, 120.5, 36, motorway="G20")])
    with pytest.raises(StakeUnusable, match=says) as unusable:
        reference.locate(parse_stake(text))
    assert unusable.value.reason is reason


def test_a_little_beyond_the_last_post_is_the_last_post() -> None:
    found = RouteReference(STRAIGHT).locate(parse_stake("G2 K100+700"))
    assert (found.place.lon, found.place.lat) == pytest.approx((118.0, 36.0))
    assert found.error_m >= 700


def test_posts_that_contradict_each_other_are_not_trusted() -> None:
    reference = RouteReference([_post(0, 117.0, 36.0), _post(1, 118.0, 36.0)])  # 90 km apart on the ground
    assert reference.locate(parse_stake("G2 K0+500")).error_m > 80_000


def test_one_post_alone_is_a_place() -> None:
    reference = RouteReference([_post(5, 117.0, 36.0)])
    assert reference.locate(parse_stake("G2 K5+200")).place == Place(117.0, 36.0)
