"""From fault codes or a symptom to the skill and the time that the visit needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FURTHER_FAULT_SHARE = 0.5
"""A second fault on the same visit adds this share of its time: the way in and the test are shared."""


UNKNOWN_FAULT = "unknown"
"""The fault of an order of which nobody knows yet what is wrong."""


@dataclass(frozen=True, slots=True)
class FaultCode:
    """A J1939 code: suspect parameter number and failure mode identifier."""

    spn: int
    fmi: int


HIGHEST_LEVEL = 5


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """The engineer needs `skill` at `level` (1 to HIGHEST_LEVEL) or above."""

    skill: str
    level: int

    @property
    def of_an_adviser(self) -> "SkillNeed":
        """Of whom somebody with this skill can ask for advice."""
        return SkillNeed(self.skill, min(self.level + 1, HIGHEST_LEVEL))


@dataclass(frozen=True, slots=True)
class KitLine:
    """`quantity` pieces of `part`, needed with `probability` (0 < p <= 1)."""

    part: str
    quantity: int
    probability: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A known fault; `system` is the VMRS code key 31, `minutes` the usual time at the machine."""

    fault: str
    name_zh: str
    name_en: str
    system: str
    skill: str
    level: int
    minutes: int
    stops_machine: bool
    spn: int | None = None
    fmi: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    products: tuple[str, ...] = ("every",)

    def fits(self, product: str) -> bool:
        return "every" in self.products or product in self.products


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a visit needs. `faults` starts with the one that matters most."""

    faults: tuple[Fault, ...]
    skills: tuple[SkillNeed, ...]
    service_s: int
    unknown_codes: tuple[FaultCode, ...]


def diagnose(
    known: Sequence[Fault], unknown: Fault, *, codes: Sequence[FaultCode], symptom: str | None, product: str
) -> Diagnosis:
    """Every known code counts; words of the symptom are asked only when no code is known."""
    by_code = {(fault.spn, fmi): fault for fault in known for fmi in fault.fmi}
    found = {fault.fault: fault for code in codes if (fault := by_code.get((code.spn, code.fmi)))}
    if not found and symptom and (guess := _by_words(known, symptom, product)):
        found = {guess.fault: guess}
    faults = sorted(found.values() or (unknown,), key=lambda fault: (not fault.stops_machine, -fault.minutes))
    longest = max(fault.minutes for fault in faults)
    further = sum(fault.minutes for fault in faults) - longest
    return Diagnosis(
        faults=tuple(faults),
        skills=merge_skills([SkillNeed(fault.skill, fault.level) for fault in faults]),
        service_s=int((longest + FURTHER_FAULT_SHARE * further) * 60),
        unknown_codes=tuple(code for code in codes if (code.spn, code.fmi) not in by_code),
    )


def likely_faults(known: Sequence[Fault], *, codes: Sequence[FaultCode], symptom: str | None) -> list[Fault]:
    """What `diagnose` may find on any product."""
    told = {(code.spn, code.fmi) for code in codes}
    found = [fault for fault in known if any((fault.spn, fmi) in told for fmi in fault.fmi)]
    if found or not symptom:
        return found
    text = symptom.casefold()
    return [fault for fault in known if any(_contains(text, word.casefold()) for word in fault.words)]


def merge_skills(needs: Sequence[SkillNeed]) -> tuple[SkillNeed, ...]:
    """Each skill once, at the highest level asked for."""
    levels: dict[str, int] = {}
    for need in needs:
        levels[need.skill] = max(need.level, levels.get(need.skill, 0))
    return tuple(SkillNeed(skill, level) for skill, level in levels.items())


def _by_words(known: Sequence[Fault], symptom: str, product: str) -> Fault | None:
    """The fault whose longest matching phrase is the longest; the list's order breaks ties."""
    text = symptom.casefold()
    best, best_length = None, 0
    for fault in known:
        if not fault.fits(product):
            continue
        length = max((len(word) for word in fault.words if _contains(text, word.casefold())), default=0)
        if length > best_length:
            best, best_length = fault, length
    return best


def _contains(text: str, phrase: str) -> bool:
    if phrase.isascii():
        return re.search(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", text) is not None
    return phrase in text
