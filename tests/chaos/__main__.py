"""make chaos: a long round, runs of partitions, planted bugs; a report of a page and, last, one JSON line.

Every figure comes from this run. It ends with 1 when something was lost, doubled or missing, when a queue stuck, when a
planted bug went unnoticed or something was found where none was planted, and when a whole run misses a bar of `bars`.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.bars import WHOLE, missed
from tests.chaos.mutants import MUTANTS
from tests.chaos.nemesis import Plan
from tests.chaos.round import Size, site
from tests.chaos.whole import Outcome, caught, controlled, shaken

PHONES, VISITS, TRUCKS = 12, 800, 60
RESTARTS = 6
"""By SIGTERM, as for an update."""


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--operations", type=int, default=WHOLE["acknowledged"])
    parser.add_argument("--kills-each", type=int, default=21, help="of each of the five components")
    parser.add_argument("--stops", type=int, default=WHOLE["stops"])
    parser.add_argument("--partitions", type=int, default=WHOLE["partitions"])
    parser.add_argument("--mutants", nargs="*", choices=[*MUTANTS, []], default=list(MUTANTS))
    asked = parser.parse_args()
    whole = all(getattr(asked, name) >= parser.get_default(name) for name in ("operations", "kills_each", "stops"))
    whole = whole and asked.partitions >= WHOLE["partitions"] and set(asked.mutants) == set(MUTANTS)
    began = time.monotonic()
    print(f"seed {asked.seed}, load average {os.getloadavg()[0]:.1f}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="roadcall-chaos-"))
    with site(folder, phones=PHONES, visits=VISITS, trucks=TRUCKS) as where:
        outcome = None
        if asked.operations:
            size = Size(
                operations=asked.operations, phones=PHONES, trucks=TRUCKS, hotline_every_s=10.0, drop_reply=0.06
            )
            plan = Plan(kills_each=asked.kills_each, stops=asked.stops, restarts=RESTARTS, pace=True)
            outcome = shaken(where, size, plan, asked.seed, cuts=asked.partitions)
            _tell(outcome)
        control = _clean(controlled(where, asked.seed)) if asked.mutants else []
        noticed = {name: _noticed(caught(where, name, asked.seed), name) for name in asked.mutants}
    figures = _figures(outcome) | {
        "control_findings": len(control),
        "mutants": len(noticed),
        "mutants_caught": sum(noticed.values()),
    }
    figures |= {"seed": asked.seed, "minutes": round((time.monotonic() - began) / 60, 1)}
    short = missed(figures, whole=whole)
    print(f"load average {os.getloadavg()[0]:.1f}; bars missed: {'; '.join(short) or 'none'}")
    print(json.dumps(figures))
    sys.exit(1 if short else 0)


def _tell(outcome: Outcome) -> None:
    toll, found = outcome.toll, outcome.findings
    print(
        f"acknowledged     {outcome.acknowledged} operations; longest without an answer {outcome.longest_gap_s:.1f} s"
    )
    print(f"killed           {', '.join(f'{name} {number}' for name, number in sorted(toll.kills.items()))}")
    print(f"stopped          {toll.stops}; replies lost on the way {outcome.dropped_replies}")
    print(f"restarted        {toll.restarts}, ended after at most {toll.ended_after_s:.1f} s")
    slowest = ", ".join(f"{name} {took:.1f} s" for name, took in sorted(toll.back_after_s.items()))
    print(f"waited for       {slowest}")
    print(f"at one again     after at most {toll.healed_after_s:.1f} s")
    for name in ("lost", "duplicated", "missing_downstream", "broken"):
        lines = getattr(found, name)
        _list(name, lines)
    _list("stuck", toll.stuck)


def _list(name: str, lines: list[str]) -> None:
    print(f"{name:<17}{len(lines)}", *(f"\n    {line}" for line in lines[:10]), flush=True)


def _clean(found: list[str]) -> list[str]:
    _list("without a bug", found)
    return found


def _noticed(found: tuple[list[str], list[str]], name: str) -> bool:
    its, others = found
    shown = its[0] if its else f"found instead: {others[:3]}"
    print(f"{'caught' if its else 'MISSED':<7} {name}: {MUTANTS[name].why} ({shown})", flush=True)
    return bool(its)


def _figures(outcome: Outcome | None) -> dict[str, float]:
    if outcome is None:
        return {}
    return {
        "acknowledged": outcome.acknowledged,
        "kills": outcome.toll.kills.total(),
        "kills_min_component": min(outcome.toll.kills.values(), default=0),
        "stops": outcome.toll.stops,
        "restarts": outcome.toll.restarts,
        "dropped_replies": outcome.dropped_replies,
        "partitions": outcome.toll.partitions,
        "partitions_stuck": len(outcome.toll.stuck),
        "lost": len(outcome.findings.lost),
        "duplicated": len(outcome.findings.duplicated),
        "missing_downstream": len(outcome.findings.missing_downstream),
        "broken": len(outcome.findings.broken),
    }


if __name__ == "__main__":
    main()
