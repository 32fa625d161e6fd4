"""Motorway stake numbers (桩号): from what a caller says, such as `G2 京沪高速 K412+300`, to a place with its error.

Lines follow JTG 5210: up (上行, right carriageway, YK) is the direction in which kilometres grow, down (下行, left, ZK)
the other. Where a motorway's posts count for both carriageways its line is `both`.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import hypot, sqrt

from kit.geo import distance_m
from kit.values import Place

CALLER_ERROR_M = 50
"""A caller names the hundred-metre post last passed or next in sight."""
BEYOND_END_M = 1_000
"""So far beyond the last known post a stake is still taken for the post itself."""


class Line(StrEnum):
    """Which carriageway the posts belong to."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


class StakeReason(StrEnum):
    """Why a stake number gives no place."""

    NO_POST = "no_post"  # no kilometre in the text
    NO_MOTORWAY = "no_motorway"  # neither number nor name of a motorway in the text
    SEVERAL = "several"  # more than one stake or motorway in the text
    UNKNOWN_MOTORWAY = "unknown_motorway"  # no reference data for it
    CONTRADICTION = "contradiction"  # number and name are two motorways
    BEYOND_POSTS = "beyond_posts"  # outside of the kilometres that the reference has


class StakeUnusable(ValueError):
    """A stake number that gives no place; the message says what is missing, to be read to the caller."""

    def __init__(self, reason: StakeReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StakeNumber:
    """motorway: its number (G2, G15W, S29); name as said (京沪高速); at least one of them. metres from the start of the
    count. reading_m: how finely it was said (1000 for a bare kilometre). towards: 上海 of 往上海方向."""

    motorway: str | None
    name: str | None
    metres: int
    reading_m: int
    line: Line | None = None
    towards: str | None = None

    def __str__(self) -> str:
        """The usual form; reading it again gives the same stake number."""
        km, metres = divmod(self.metres, 1000)
        post = f"K{km}" if self.reading_m == 1000 else f"K{km}+{metres:03d}"
        words = [self.motorway, self.name, post, _LINE_WORDS.get(self.line) if self.line else None]
        if self.towards:
            words.append(f"往{self.towards}方向")
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class KilometrePost:
    """One row of reference data. name may carry a translation after the Chinese one; made: not surveyed but derived."""

    motorway: str
    name: str
    line: Line
    km: float
    place: Place
    made: bool = False


@dataclass(frozen=True, slots=True)
class StakePlace:
    """Where a stake is: within error_m of place, as far as the posts can be trusted; made: so are they."""

    place: Place
    error_m: int
    motorway: str
    name: str
    line: Line
    made: bool


_LINE_WORDS = {Line.UP: "上行", Line.DOWN: "下行"}
_LINE_SIGNS = {
    **dict.fromkeys(("上行", "右幅", "右线", "YK"), Line.UP),
    **dict.fromkeys(("下行", "左幅", "左线", "ZK"), Line.DOWN),
}
_MOTORWAY = re.compile(r"(?<![A-Z0-9])([GSXY])[ -]?(\d{1,4}[NESW]?)(?![\d.])(?! ?(?:KM|公里|千米))")
_NAME = re.compile(r"([\u4e00-\u9fff]{2,8}?高速)(?:公路)?")
_TOWARDS = re.compile(r"(?:往|向|去|至|到)?([\u4e00-\u9fff]{2,6}?)方向")
_POSTS = (
    re.compile(r"[ZY]?K ?(?P<km>\d{1,4})(?: ?\+ ?(?P<m>\d{3})|\.(?P<part>\d{1,3}))?(?![\d+.])"),
    re.compile(r"(?<![\d.+])(?P<km>\d{1,4}) ?\+ ?(?P<m>\d{3})(?P<part>)(?![\d+.])"),
    re.compile(
        r"(?<![\d.+])(?P<km>\d{1,4})(?:\.(?P<part>\d{1,3}))? ?(?:KM|公里|千米)"
        r"(?:[ 加+又]?(?P<m>\d{3}) ?(?:米|M(?![A-Z])))?"
    ),
)
_A_DISTANCE = re.compile(r"[距离差]|还有|左右|附近")


def parse_stake(text: str) -> StakeNumber:
    """Reads `G2 京沪高速 K412+300`, `G2K412+300`, `K412+300 G2 上行`, `京沪高速412公里300米`, `S29 ZK15.2` and
    the like, full-width or not. StakeUnusable when motorway or kilometre is missing, or said twice differently."""
    said = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).upper().replace("桩号", " ")
    metres, reading = _post(said)
    motorways = {kind + number for kind, number in _MOTORWAY.findall(said)}
    names = _NAME.findall(said)
    if len(motorways) > 1:
        raise StakeUnusable(StakeReason.SEVERAL, f"more than one motorway: {', '.join(sorted(motorways))}")
    if not motorways and not names:
        raise StakeUnusable(StakeReason.NO_MOTORWAY, "say the motorway too, by number or name: G2 K412+300")
    lines = {line for sign, line in _LINE_SIGNS.items() if sign in said}
    if len(lines) > 1:
        raise StakeUnusable(StakeReason.SEVERAL, "both carriageways are named; say one, or neither")
    towards = _TOWARDS.search(_NAME.sub(" ", said))
    return StakeNumber(
        motorway=next(iter(motorways), None),
        name=names[0] if names else None,
        metres=metres,
        reading_m=reading,
        line=next(iter(lines), None),
        towards=towards[1] if towards else None,
    )


def _post(said: str) -> tuple[int, int]:
    """Metres and how finely they were said."""
    for number, pattern in enumerate(_POSTS):
        if number == len(_POSTS) - 1 and _A_DISTANCE.search(said):
            break  # `距G2入口5公里` tells how far away, not where on the road
        found = {_metres_of(match) for match in pattern.finditer(said)}
        if len(found) > 1:
            raise StakeUnusable(StakeReason.SEVERAL, "more than one stake number; say the one nearest to the machine")
        if found:
            return found.pop()
    raise StakeUnusable(StakeReason.NO_POST, "say the stake number on the post at the roadside: K412+300")


def _metres_of(match: re.Match[str]) -> tuple[int, int]:
    part = match["m"] or (match["part"] or "").ljust(3, "0")[: 3 if match["part"] else 0]
    if not part:
        return int(match["km"]) * 1000, 1000
    metres = int(part)
    return int(match["km"]) * 1000 + metres, 100 if metres % 100 == 0 else 10 if metres % 10 == 0 else 1


class RouteReference:
    """Kilometre posts of motorways, in any order; interpolates between them."""

    def __init__(self, posts: Iterable[KilometrePost]) -> None:
        self._posts: dict[str, dict[Line, list[KilometrePost]]] = defaultdict(lambda: defaultdict(list))
        for post in sorted(posts, key=lambda post: post.km):
            self._posts[post.motorway.upper()][post.line].append(post)

    def locate(self, stake: StakeNumber) -> StakePlace:
        """The stake's place. StakeUnusable when its motorway or its kilometre is not in the reference."""
        motorway = self._motorway(stake)
        lines = self._posts[motorway]
        for line in filter(None, (stake.line, Line.BOTH)):
            if line in lines:
                return _interpolate(lines[line], stake)
        found = [_interpolate(posts, stake) for posts in lines.values()]
        if len(found) == 1:
            return found[0]
        one, other = found
        return _between_carriageways(one, other)

    def _motorway(self, stake: StakeNumber) -> str:
        called = {
            motorway
            for motorway, lines in self._posts.items()
            for posts in lines.values()
            if stake.name and stake.name.endswith(_chinese(posts[0].name))
        }
        if stake.motorway is None:
            if len(called) == 1:
                return called.pop()
            known = "is the name of several" if called else "is not in the reference"
            raise StakeUnusable(StakeReason.UNKNOWN_MOTORWAY, f"{stake.name} {known}: say the motorway's number")
        if stake.motorway not in self._posts:
            raise StakeUnusable(StakeReason.UNKNOWN_MOTORWAY, f"there are no kilometre posts of {stake.motorway}")
        if called and stake.motorway not in called:
            raise StakeUnusable(
                StakeReason.CONTRADICTION, f"{stake.name} is {', '.join(sorted(called))}, not {stake.motorway}"
            )
        return stake.motorway


def _chinese(name: str) -> str:
    """`京沪高速` of `京沪高速公路 Beijing–Shanghai`."""
    return name.split(" ", maxsplit=1)[0].upper().removesuffix("公路")


def _interpolate(posts: Sequence[KilometrePost], stake: StakeNumber) -> StakePlace:
    at = min(max(stake.metres, posts[0].km * 1000), posts[-1].km * 1000)
    beyond = abs(stake.metres - at)
    if beyond > BEYOND_END_M:
        raise StakeUnusable(
            StakeReason.BEYOND_POSTS,
            f"the posts of {posts[0].motorway} go from K{posts[0].km:g} to K{posts[-1].km:g}; "
            f"K{stake.metres / 1000:g} is beyond",
        )
    after = min(max(bisect_right(posts, at / 1000, key=lambda post: post.km), 1), len(posts) - 1)
    start, end = posts[max(after - 1, 0)], posts[after]
    length = (end.km - start.km) * 1000
    gone = at - start.km * 1000
    share = gone / length if length else 0.0
    place = Place(
        lon=start.place.lon + (end.place.lon - start.place.lon) * share,
        lat=start.place.lat + (end.place.lat - start.place.lat) * share,
    )
    off_chord = _off_chord(gone=gone, left=length - gone, chord=distance_m(start.place, end.place))
    error = beyond + off_chord + stake.reading_m / 2 + CALLER_ERROR_M
    made = start.made or end.made
    return StakePlace(place, round(error), start.motorway, start.name, start.line, made)


def _off_chord(*, gone: float, left: float, chord: float) -> float:
    """How far a road can be from the point on the chord that its length suggests: it is at most `gone` metres from one
    post and `left` from the other, that is inside of both circles. When the posts contradict each other (a chord
    longer than the road between them) their whole disagreement."""
    if gone + left <= chord:
        return chord - gone - left
    on_chord = chord * gone / (gone + left)
    nearest, farthest = max(chord - left, -gone), min(gone, chord + left)
    along = max(farthest - on_chord, on_chord - nearest)
    crossing = (chord**2 + gone**2 - left**2) / (2 * chord) if chord else 0.0  # where the circles meet, seen along
    meet_between = 0 < crossing < chord  # else the smaller circle is at its widest inside of the other
    aside = sqrt(max(gone**2 - crossing**2, 0.0)) if meet_between else min(gone, left)
    return hypot(along, aside)


def _between_carriageways(one: StakePlace, other: StakePlace) -> StakePlace:
    """The middle of the two, for a caller who did not say which."""
    apart = distance_m(one.place, other.place)
    middle = Place((one.place.lon + other.place.lon) / 2, (one.place.lat + other.place.lat) / 2)
    error = round(apart / 2) + max(one.error_m, other.error_m)
    return StakePlace(middle, error, one.motorway, one.name, Line.BOTH, one.made or other.made)
