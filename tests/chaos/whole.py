"""Rounds put together: the shaken one, the cut one, and one per planted bug."""

import re
import time
from dataclasses import dataclass, field, replace

from tests.chaos.checks import examine
from tests.chaos.findings import Findings
from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.nemesis import Plan, Toll, partitions, shake
from tests.chaos.round import Round, Site, Size
from tests.chaos.work import WEIGHTS

CONTROL = Size(operations=60, phones=4, trucks=1, hotline_every_s=0.3, override_every_s=0.3)
IMPATIENT = replace(CONTROL, drain_s=15.0, told_s=10.0, planned_s=10.0, heal_s=5.0)
"""With a bug in it much will never come: nobody waits long for that."""
MEANWHILE = 20
"""Operations for each line that is cut at the end."""


@dataclass
class Outcome:
    """What one round came to."""

    acknowledged: int
    dropped_replies: int
    longest_gap_s: float
    toll: Toll = field(default_factory=Toll)
    findings: Findings = field(default_factory=Findings)


def shaken(site: Site, size: Size, plan: Plan, seed: int, *, cuts: int = 0) -> Outcome:
    """A round under fire, then `cuts` runs of a partition each, then everything is held against the ledger."""
    with site.round(size, seed) as running:
        toll = shake(running, plan, seed)
        partitions(running, cuts, seed, toll)
        return _outcome(running, toll)


def caught(site: Site, name: str, seed: int) -> tuple[list[str], list[str]]:
    """The findings that this bug must cause, once planted, and the others; none of the first means that it went
    unnoticed."""
    mutant = MUTANTS[name]
    found = _under(site, mutant, seed, name)
    its = [line for line in found if re.search(mutant.finds, line)]
    return its, [line for line in found if line not in its]


def controlled(site: Site, seed: int) -> list[str]:
    """What is found in a round of the same kind with all their fire and no bug: nothing, or no mutant proves much."""
    cuts = ("gateway-valkey", "owners-valkey")
    fire = Mutant(
        "nothing is planted", "", kills=("gateway", "owners", "postgres", "valkey"), cuts=cuts, drop_reply=0.3
    )
    return _under(site, fire, seed, None)


def _under(site: Site, mutant: Mutant, seed: int, planted: str | None) -> list[str]:
    weights = {kind: often * 10 if kind in mutant.often else often for kind, often in WEIGHTS.items()}
    size = replace(
        IMPATIENT if planted else CONTROL, operations=mutant.operations, trucks=mutant.trucks, weights=weights
    )
    with site.round(size, seed, mutant=planted) as running:
        for edge in running.edges.values():
            edge.drop_reply = mutant.drop_reply if edge.drop_reply else 0.0
        plan = Plan(kills_each=mutant.kills_each, kill_only=mutant.kills, wave=1, pace=True)
        try:
            toll = shake(running, plan, seed)
            for line in mutant.cuts:
                running.cut(line, "refused")
                running.progress.wanted += MEANWHILE
            while running.progress.telling and not running.failures:
                time.sleep(0.05)
            if mutant.cuts:
                running.rest()  # what was told while the lines were cut is the last that is told
            return _outcome(running, toll).findings.all
        except AssertionError as error:  # a phone met what no phone may meet
            return [str(error)]


def _outcome(running: Round, toll: Toll) -> Outcome:
    dropped = running.dropped_replies
    findings = examine(running, settled=running.settle())
    progress = running.progress
    return Outcome(progress.acknowledged, dropped, progress.longest_gap_s, toll, findings)
