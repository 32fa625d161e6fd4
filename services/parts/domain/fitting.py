"""Whether a part fits a machine as it was built. Wrong-variant parts are the commonest avoidable second visit. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["fits", "does_not_fit", "unknown"]


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's model, its configuration as built, and its serial number where known."""

    model: str
    configuration: Mapping[str, str]
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Machines of `model` that have one of the named values of every option, with a serial number in the range.

    Both ends of the range belong to it; serial numbers of equal length are compared as text, shorter ones are lower.
    """

    model: str
    configuration: Mapping[str, Sequence[str]]
    serial_from: str | None = None
    serial_until: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """`because` names what decided: the option or `model` or `serial` that is wrong or not known."""

    verdict: Verdict
    because: str | None = None


def fit(rules: Iterable[Rule], machine: Machine) -> Fit:
    """One rule that is met is enough. Without any rule nobody knows; an unknown option leaves it open."""
    judged = [_judge(rule, machine) for rule in rules]
    for verdict in ("fits", "unknown", "does_not_fit"):
        found = [one for one in judged if one.verdict == verdict]
        if found:  # a wrong option says more than the wrong model
            return min(found, key=lambda one: one.because == "model")
    return Fit("unknown", "no_rule")


def misfits(rules: Mapping[str, Sequence[Rule]], machine: Machine) -> frozenset[str]:
    """The parts, of those with rules, that do not fit; what nobody knows may."""
    return frozenset(part for part, known in rules.items() if fit(known, machine).verdict == "does_not_fit")


def _judge(rule: Rule, machine: Machine) -> Fit:
    if rule.model != machine.model:
        return Fit("does_not_fit", "model")
    missing: str | None = None
    for option, values in sorted(rule.configuration.items()):
        built = machine.configuration.get(option)
        if built is None:
            missing = missing or option
        elif built not in values:
            return Fit("does_not_fit", option)
    if rule.serial_from is not None or rule.serial_until is not None:
        if machine.serial is None:
            missing = missing or "serial"
        elif not _order(rule.serial_from) <= _order(machine.serial) <= _order(rule.serial_until, last=True):
            return Fit("does_not_fit", "serial")
    return Fit("fits") if missing is None else Fit("unknown", missing)


def _order(serial: str | None, *, last: bool = False) -> tuple[float, str]:
    if serial is None:
        return (float("inf") if last else -1.0), ""
    return float(len(serial)), serial
