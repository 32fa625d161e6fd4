"""Gates of dispatch: what the record of a machine says must be decided before anybody is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from services.orders.domain.faults import KitLine, SkillNeed

DispatchGate = Literal["wrong_variant", "safety_campaign"]
DISPATCH_GATES: tuple[str, ...] = get_args(DispatchGate)
Decision = Literal["replace", "drop", "keep", "include", "waive"]
DECISIONS: Mapping[DispatchGate, tuple[Decision, ...]] = {
    "wrong_variant": ("replace", "drop", "keep"),
    "safety_campaign": ("include", "waive"),
}
"""How a person may let an order through a gate."""
CAMPAIGN_ITEM = "campaign."
"""A campaign's item of the check list is this and its id."""
CAMPAIGN_WORK = "campaign"
"""The kind of work that carries out every open campaign of its machine."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What parts says of a part on a machine: `fits`, `does_not_fit` or `unknown`, and because of which option."""

    verdict: str
    because: str | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """Work that the maker wants done on a machine; `safety` keeps the machine from dispatch until it is decided."""

    campaign_id: str
    name_zh: str
    name_en: str
    safety: bool
    minutes: int
    parts: Mapping[str, int] = field(default_factory=dict)
    skill: SkillNeed | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A gate that an order stands before: `subject` is the part or the campaign, `because` the option that is wrong;
    `decision` is set when the kind of work decides it."""

    gate: DispatchGate
    subject: str
    because: str | None = None
    decision: Decision | None = None


def wrong_variants(parts: Iterable[str], fits: Mapping[str, Fit]) -> list[Held]:
    """The parts that do not fit the machine as it was built; what nobody knows holds nothing up."""
    return [
        Held("wrong_variant", part, found.because)
        for part in parts
        if (found := fits.get(part)) is not None and found.verdict == "does_not_fit"
    ]


def open_campaigns(campaigns: Sequence[Campaign], work_type: str) -> list[Held]:
    """A campaign order carries all of them out; any other order stands before those for safety."""
    if work_type == CAMPAIGN_WORK:
        return [Held("safety_campaign", one.campaign_id, decision="include") for one in campaigns]
    return [Held("safety_campaign", one.campaign_id) for one in campaigns if one.safety]


class Gated(Protocol):
    """A gate with its decision."""

    gate: str
    subject: str
    decision: str | None


def campaign_items(gates: Iterable[Gated]) -> list[str]:
    """Entries of the check list for the campaigns that the visit carries out."""
    return [CAMPAIGN_ITEM + one.subject for one in gates if one.decision == "include"]


def with_campaign(
    campaign: Campaign, kit: Sequence[KitLine], skills: Sequence[SkillNeed], service_s: int
) -> tuple[list[KitLine], list[SkillNeed], int]:
    """Kit, skills and time of a visit that carries the campaign out as well; its parts are certain."""
    lines = {line.part: line for line in kit}
    for part, pieces in campaign.parts.items():
        known = lines.get(part)
        lines[part] = KitLine(part, pieces + (known.quantity if known else 0), 1.0)
    needs = [*skills, *([campaign.skill] if campaign.skill else [])]
    return list(lines.values()), needs, service_s + campaign.minutes * 60
