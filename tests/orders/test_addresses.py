"""Addresses: read as people say them, placed by the finest unit named, refused with what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.values import Place
from services.orders.addresses import (
    COUNTY_M,
    PREFECTURE_M,
    TOWN_M,
    AddressReason,
    AddressUnusable,
    Gazetteer,
    Named,
    by_name,
    key,
    names_of,
)
from services.orders.store.reference import shipped_places


@pytest.fixture(scope="module")
def shipped() -> Gazetteer:
    provinces, places = shipped_places()
    toll = Named("济南西收费站", Place(116.9, 36.65), 500)
    return Gazetteer(provinces, by_name([toll, Named("Jinan West toll gate", toll.place, 500)]), places)


@pytest.mark.parametrize(
    ("address", "matched", "error_m"),
    [
        ("浙江省杭州市余杭区仓前街道文一西路969号", "浙江 杭州市 余杭 仓前", TOWN_M),
        ("山东省济南市章丘区明水街道", "山东 济南市 章丘", COUNTY_M),
        ("云南省丘北县", "云南 丘北县", COUNTY_M),
        ("上海市崇明区陈家镇", "上海 上海市 崇明区", COUNTY_M),
        ("山东德州齐河县", "山东 德州 齐河", COUNTY_M),
        ("北京朝阳", "北京 朝阳", COUNTY_M),
        ("吉林白城", "吉林 白城", PREFECTURE_M),
        ("吉林省吉林市", "吉林 吉林市", PREFECTURE_M),
        ("上海市南京西路100号", "上海 上海市", PREFECTURE_M),
        ("京沪高速济南段往上海方向", "济南", PREFECTURE_M),
        ("河北省石家庄市正定县附近3公里", "河北 石家庄市 正定", COUNTY_M + 3_000),
        ("徐州市鼓楼区", "徐州市 鼓楼区", COUNTY_M),
        ("南京市鼓楼区中山北路", "南京市 鼓楼区", COUNTY_M),
        ("广州市中山大道", "广州市", PREFECTURE_M),
        ("济南西收费站出口500米", "济南西收费站", 1_000),
        ("near Jinan West toll gate", "Jinan West toll gate", 500),
        ("ＮＥＡＲ ＪＩＮＡＮ, Shandong", "山东 Jinan", PREFECTURE_M),
        ("朝阳", "朝阳", PREFECTURE_M),  # one of them has ten times the people of any other
    ],
)
def test_what_people_say(shipped: Gazetteer, address: str, matched: str, error_m: int) -> None:
    found = shipped.locate(address)
    assert (found.matched, found.error_m) == (matched, error_m)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", AddressReason.NOTHING_KNOWN),
        ("路边", AddressReason.NOTHING_KNOWN),
        ("山东省", AddressReason.PROVINCE_ONLY),
        ("吉林", AddressReason.PROVINCE_ONLY),
        ("和平", AddressReason.SEVERAL),
        ("山东省成都市", AddressReason.CONTRADICTION),
        ("山东省河北省", AddressReason.CONTRADICTION),
    ],
)
def test_what_gives_no_place_says_why(shipped: Gazetteer, address: str, reason: AddressReason) -> None:
    with pytest.raises(AddressUnusable) as unusable:
        shipped.locate(address)
    assert unusable.value.reason is reason
    assert bool(unusable.value.candidates) == (reason is AddressReason.SEVERAL)


# --- a made country: two provinces, each with cities, counties and towns; a name may be the start of a longer one ---

PEOPLE = {"市": 500_000, "县": 30_000, "镇": 1_000}
ERRORS = {"市": PREFECTURE_M, "县": COUNTY_M, "镇": TOWN_M}


@dataclass(frozen=True)
class Unit:
    """A city, county or town with the units that it lies in, finest first."""

    name: str
    province: str
    place: Place
    above: tuple["Unit", ...]

    @property
    def rank(self) -> str:
        return self.name[-1]


STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


def country() -> Iterator[Unit]:
    """Each county has a namesake in the other province, each town is named like its county with one sign more."""
    for p, province in enumerate(("秦川", "楚泽")):
        for c in range(4):
            at = Place(105.0 + 8 * p, 28.0 + 2.5 * c)
            city = Unit(STEMS[p] + STEMS[2 + c] + "市", province, at, ())
            yield city
            for d in range(3):
                there = Place(at.lon + 0.3 * (d - 1), at.lat + 0.2)
                county = Unit(STEMS[6 + c] + STEMS[10 + d] + "县", province, there, (city,))
                yield county
                near = Place(there.lon, there.lat + 0.08)
                yield Unit(county.name[:-1] + STEMS[13 + p] + "镇", province, near, (county, city))


UNITS = list(country())


def made(cls: type[Gazetteer] = Gazetteer) -> Gazetteer:
    named = [
        one
        for unit in UNITS
        for one in names_of(
            [unit.name], f"{unit.name} en", place=unit.place, province=unit.province, people=PEOPLE[unit.rank]
        )
    ]
    return cls({name: p for p in ("秦川", "楚泽") for name in (p, f"{p}省")}, by_name(named))


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, Unit]:
    """An address as it is said, and the unit that is meant: with its province or city, for counties have namesakes."""
    unit = draw(st.sampled_from(UNITS))
    above = [one for one in reversed(unit.above) if draw(st.booleans())]
    with_province = draw(st.booleans()) or not any(one.rank == "市" for one in (*above, unit))
    words = ([unit.province + draw(st.sampled_from(["省", ""]))] if with_province else []) + [one.name for one in above]
    street = draw(st.sampled_from(["", "解放路12号", "G2高速", " 附近", "往东行驶"]))
    between = draw(st.sampled_from(["", " ", ",", "，"]))
    return draw(st.sampled_from(["", "在", "near "])) + between.join([*words, unit.name]) + street, unit


MADE = made()


@given(addresses())
def test_the_finest_unit_named_is_found(said: tuple[str, Unit]) -> None:
    address, unit = said
    found = MADE.locate(address)
    assert (found.place, found.error_m) == (unit.place, ERRORS[unit.rank])


@given(addresses())
def test_width_and_spaces_change_nothing(said: tuple[str, Unit]) -> None:
    address, unit = said
    assert MADE.locate(f"　{address.replace(',', '，')}  ").place == unit.place
    assert key(key(address)) == key(address)


@given(st.text(max_size=80))
def test_any_text_is_placed_or_refused(text: str) -> None:
    try:
        found = MADE.locate(text)
    except AddressUnusable:
        return
    assert found.error_m > 0


def test_namesakes_without_their_city_are_answered_with_both() -> None:
    county = next(unit for unit in UNITS if unit.rank == "县")
    with pytest.raises(AddressUnusable) as several:
        MADE.locate(county.name)
    candidates = several.value.candidates
    assert {one.province for one in candidates} == {"秦川", "楚泽"}
    assert all(one.near and one.near in str(several.value) for one in candidates)


class _ShortestFirst(Gazetteer):
    def _from(self, text: str, at: int) -> Iterator[str]:
        return iter(list(super()._from(text, at))[::-1])


def test_the_mutant_that_takes_the_shortest_name_is_found() -> None:
    town = next(unit for unit in UNITS if unit.rank == "镇")
    address = f"{town.province}省{town.name}"
    assert MADE.locate(address).place == town.place
    assert made(_ShortestFirst).locate(address).place != town.place
