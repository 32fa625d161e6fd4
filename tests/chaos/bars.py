"""What a whole run must reach, and what must be nowhere in any run."""

from collections.abc import Mapping

WHOLE = {
    "acknowledged": 20_000,
    "kills": 100,
    "kills_min_component": 10,
    "stops": 30,
    "dropped_replies": 1_000,
    "partitions": 20,
    "mutants": 12,
}
MINUTES = 25
NOWHERE = ("lost", "duplicated", "missing_downstream", "broken", "partitions_stuck", "control_findings")


def missed(figures: Mapping[str, float], *, whole: bool) -> list[str]:
    """The bars that a run has missed, in words. A run that was asked to be smaller is not held to its size and time."""
    found = [f"{name}: {figures[name]:g}, must be 0" for name in NOWHERE if figures.get(name)]
    if figures["mutants_caught"] < figures["mutants"]:
        found.append(f"mutants_caught: {figures['mutants_caught']:g} of {figures['mutants']:g}")
    if whole:
        found += [
            f"{name}: {figures.get(name, 0):g}, must be {least}"
            for name, least in WHOLE.items()
            if figures.get(name, 0) < least
        ]
        found += [f"minutes: {figures['minutes']:g}, at most {MINUTES}"] if figures["minutes"] > MINUTES else []
    return found
