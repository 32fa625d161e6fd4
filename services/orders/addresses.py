"""Addresses in words (浙江省杭州市余杭区仓前街道, 'near Jinan West toll gate'): from names to a place with its error.

No map service is asked. Names are those of the shipped populated places (GeoNames) and the operator's own landmarks:
toll gates, service areas, yards. Streets and house numbers are read over: they name no place here, so the error stays
that of the finest unit that was found.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from kit.geo import distance_m
from kit.values import Place

PREFECTURE_M, COUNTY_M, TOWN_M, VILLAGE_M = 96_000, 33_000, 9_000, 2_500
"""Radius of a circle of the average area: 9.6 million km² by 333 prefectures, 2 844 counties and districts, 38 600
towns and townships, 490 000 villages. An estimate of how far the machine may be, not a bound."""
PREFECTURE_PEOPLE = 300_000
"""The source does not tell prefectures from cities of a county's rank: a 市 with so many people counts as one."""
COUNTY_PEOPLE = 20_000
"""A place without any rank counts as a county's seat from here, else as a town."""
TOGETHER = 1.5
"""Two names fit each other when they are no farther apart than so many times the sum of their errors."""
DOMINATES = 10
"""A name means the place with so many times the people of any other of that name, and at least DOMINANT_PEOPLE."""
DOMINANT_PEOPLE = 100_000
SAME_M = 5_000
"""Places of one name that are so near are one place, and so are those within a third of their error."""
MOST_CANDIDATES = 8
FARTHEST_SAID_M = 50_000
"""`附近3公里` makes the error larger; what is longer than this is no distance from a place."""


class AddressReason(StrEnum):
    """Why an address gives no place."""

    NOTHING_KNOWN = "nothing_known"  # no name in the text that is known
    PROVINCE_ONLY = "province_only"  # nothing finer than a province
    SEVERAL = "several"  # several places of that name
    CONTRADICTION = "contradiction"  # two names that are far from each other


class AddressUnusable(ValueError):
    """An address that gives no place; the message says what is missing, candidates which places may be meant."""

    def __init__(self, reason: AddressReason, message: str, candidates: Sequence["Named"] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.candidates = tuple(candidates)


@dataclass(frozen=True, slots=True)
class Named:
    """A name and what it may mean. province is None for the operator's landmarks, which lie in any; people: 0 when
    unknown; near: the next large city, to tell namesakes apart."""

    name: str
    place: Place
    error_m: int
    province: str | None = None
    people: int = 0
    near: str | None = None

    def __str__(self) -> str:
        words = [self.province, self.name if self.name != self.province else None]
        return " ".join(word for word in words if word) + (f" (near {self.near})" if self.near else "")


@dataclass(frozen=True, slots=True)
class AddressPlace:
    """Where an address is, by which names."""

    place: Place
    error_m: int
    matched: str


Names = Mapping[str, Sequence[Named]]
"""What each name may mean, by `key`."""

_RANKS = (
    (("自治州", "地区", "市", "州", "盟", " prefecture", " city"), PREFECTURE_M),
    (("自治县", "新区", "县", "区", "旗", " county", " district"), COUNTY_M),
    (("街道", "镇", "乡", "苏木", " town", " township"), TOWN_M),
    (("村", "屯", " village"), VILLAGE_M),
)
_ENDINGS = [(ending, error) for endings, error in _RANKS for ending in endings]
_TOWARDS = re.compile(r"(?:往|向|去|开往)[\u4e00-\u9fff]{2,6}?方向|\btowards? [a-z']+")
_NO_PLACE = re.compile(
    r"[东西南北中一二三四五六七八九十]{0,3}(?:路|街(?!道)|大道|巷|胡同|桥|大厦|广场|小区|公司|酒店|饭店|宾馆|医院|学校|高速)"
    r"| (?:road|street|avenue|bridge|expressway)\b"
)
"""What makes a name before it that of a street or a house: 南京西路 is in Shanghai."""
_DISTANCE = re.compile(r"(?<![\d.k+])(\d{1,5}(?:\.\d)?) ?(公里|千米|km|米|m)(?![a-z])")


def key(name: str) -> str:
    """The form in which names are compared: half-width, lower case, no apostrophes."""
    plain = unicodedata.normalize("NFKC", name).lower().replace("’", "").replace("'", "")
    return " ".join(plain.split())


def ranked(name: str) -> tuple[str, int] | None:
    """A name without its rank, and the error of that rank; None when it has none (or would be one character)."""
    for ending, error in _ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending), error
    return None


def names_of(names_zh: Sequence[str], name_en: str, *, place: Place, province: str, people: int = 0) -> Iterator[Named]:
    """Every name of one populated place; a name without rank stands for the largest unit of that name."""
    errors = {name: rank[1] for name in names_zh if (rank := ranked(name)) is not None}
    errors = {name: _by_people(error, people) for name, error in errors.items()}
    at_large = max(errors.values(), default=COUNTY_M if people >= COUNTY_PEOPLE else TOWN_M)
    bare = {rank[0] if (rank := ranked(name)) else name for name in names_zh}
    for name in bare - errors.keys():
        errors[name] = at_large
    for name, error in {**errors, **({name_en: at_large} if name_en else {})}.items():
        yield Named(name, place, error, province, people)


def by_name(named: Iterable[Named]) -> dict[str, list[Named]]:
    """The same, to be looked up."""
    found: dict[str, list[Named]] = defaultdict(list)
    for one in named:
        found[key(one.name)].append(one)
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Said:
    """A known name in an address; error_m by the rank that was said with it (齐河 of 齐河县), None without one."""

    name: str
    error_m: int | None


class Gazetteer:
    """Names to look for in addresses. provinces: by every name of theirs."""

    def __init__(self, provinces: Mapping[str, str], *names: Names) -> None:
        self._provinces = {key(name): province for name, province in provinces.items()}
        self._names = names
        self._longest = max((len(name) for known in (self._provinces, *names) for name in known), default=0)

    def locate(self, address: str) -> AddressPlace:
        """The place of the finest unit or landmark that the address names. Raises AddressUnusable."""
        text = _TOWARDS.sub(" ", key(address))
        said = list(dict.fromkeys(self._said(text)))
        provinces = {self._provinces[one.name] for one in said if one.name in self._provinces}
        if len(provinces) > 1:
            raise AddressUnusable(
                AddressReason.CONTRADICTION, f"more than one province: {', '.join(sorted(provinces))}"
            )
        chosen = self._fitting(said, provinces)
        if not chosen:
            raise _nothing(provinces)
        target = min(reversed(chosen), key=lambda one: min(named.error_m for named in one))
        place = self._the_one(target)
        names = (place.name if one is target else max(one, key=_people).name for one in chosen)
        matched = " ".join(dict.fromkeys([*sorted(provinces), *names]))
        return AddressPlace(place.place, place.error_m + _metres_away(text), matched)

    def _said(self, text: str) -> Iterator[_Said]:
        """The known names in the text from left to right, the longest at each place."""
        at = 0
        while at < len(text):
            name = next((name for name in self._from(text, at) if self._known(name)), None)
            if name is None:
                at += 1
                continue
            at += len(name)
            error = _rank_said(name, text[at:])
            if error is not None or not _NO_PLACE.match(text, at):
                yield _Said(name, error)

    def _from(self, text: str, at: int) -> Iterator[str]:
        """What may be a name at `at`, longest first; words in letters are not cut."""
        if _letter(text, at - 1) and _letter(text, at):
            return
        for end in range(min(at + self._longest, len(text)), at + 1, -1):
            if not (_letter(text, end - 1) and _letter(text, end)):
                yield text[at:end]

    def _known(self, name: str) -> bool:
        return name in self._provinces or any(name in names for names in self._names)

    def _meanings(self, said: _Said, provinces: set[str]) -> list[Named]:
        """What a name may mean; that of a 省 alone is not its namesake city (吉林)."""
        name, error_m = said.name, said.error_m
        if f"{self._provinces.get(name)}省" in self._provinces:
            return []
        found = [one for names in self._names for one in names.get(name, ())]
        found = [one for one in found if not provinces or one.province in (None, *provinces)]
        if error_m is None or ranked(name) is not None:
            return found
        of_rank = [one for one in found if one.error_m >= error_m] or found
        return [replace(one, error_m=_by_people(error_m, one.people)) for one in of_rank]

    def _fitting(self, said: Sequence[_Said], provinces: set[str]) -> list[list[Named]]:
        """What each name may mean beside the others: those with their rank first, for a bare name may be chance."""
        kept: dict[_Said, list[Named]] = {}
        for one in sorted(said, key=lambda one: one.error_m is None):
            meanings = self._meanings(one, provinces)
            fitting = [named for named in meanings if all(_fits(named, others) for others in kept.values())]
            if fitting:
                kept = {other: [named for named in ones if _fits(named, fitting)] for other, ones in kept.items()}
                kept[one] = fitting
            elif one.error_m == PREFECTURE_M and self._meanings(one, set()):
                raise _contradiction(one.name, provinces, [other.name for other in kept])
        return [kept[one] for one in said if one in kept]

    def _the_one(self, meanings: Sequence[Named]) -> Named:
        first, *others = sorted(meanings, key=lambda one: (-one.people, one.error_m))
        far = [one for one in others if distance_m(one.place, first.place) > max(SAME_M, first.error_m / 3)]
        if far and (first.people < DOMINANT_PEOPLE or first.people < DOMINATES * max(map(_people, far))):
            candidates = [replace(one, near=self._city_near(one)) for one in [first, *far][:MOST_CANDIDATES]]
            listed = "; ".join(str(one) for one in candidates)
            message = f"there are several places named {first.name}: say which one, with its city. {listed}"
            raise AddressUnusable(AddressReason.SEVERAL, message, candidates)
        return first

    @cached_property
    def _cities(self) -> list[Named]:
        """The large ones, each by the shortest of its Chinese names."""
        large = [one for names in self._names for ones in names.values() for one in ones if _large(one)]
        return list({one.place: one for one in sorted(large, key=lambda one: -len(one.name))}.values())

    def _city_near(self, one: Named) -> str | None:
        mine = [city for city in self._cities if city.province == one.province]
        nearest = min(mine, key=lambda city: distance_m(city.place, one.place), default=None)
        return nearest.name if nearest else None


def _people(one: Named) -> int:
    return one.people


def _large(one: Named) -> bool:
    return one.people >= PREFECTURE_PEOPLE and not one.name.isascii()


def _by_people(error_m: int, people: int) -> int:
    return error_m if people >= PREFECTURE_PEOPLE else min(error_m, COUNTY_M)


def _rank_said(name: str, rest: str) -> int | None:
    """The error of the rank that is part of the name or follows it."""
    if (rank := ranked(name)) is not None:
        return rank[1]
    return next((error for ending, error in _ENDINGS if rest.startswith(ending)), None)


def _letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and "a" <= text[at] <= "z"


def _fits(one: Named, others: Sequence[Named]) -> bool:
    return any(distance_m(one.place, other.place) <= TOGETHER * (one.error_m + other.error_m) for other in others)


def _metres_away(text: str) -> int:
    said = [float(number) * (1 if unit in ("米", "m") else 1000) for number, unit in _DISTANCE.findall(text)]
    return round(max((metres for metres in said if metres <= FARTHEST_SAID_M), default=0))


def _nothing(provinces: set[str]) -> AddressUnusable:
    if provinces:
        said = f"only the province is said ({', '.join(provinces)}): say the city, county or town too"
        return AddressUnusable(AddressReason.PROVINCE_ONLY, said)
    said = "no name in it is known: say city and county, or a toll gate, service area or yard that was imported"
    return AddressUnusable(AddressReason.NOTHING_KNOWN, said)


def _contradiction(name: str, provinces: set[str], kept: Sequence[str]) -> AddressUnusable:
    beside = ", ".join([*provinces, *kept])
    return AddressUnusable(AddressReason.CONTRADICTION, f"there is no {name} near {beside}: say which one is right")
