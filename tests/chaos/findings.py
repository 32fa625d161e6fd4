"""What should not be: how it is asked of the databases, and how it is written down."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


@dataclass
class Findings:
    """What should not be; all empty after a good round."""

    lost: list[str] = field(default_factory=list)
    """Acknowledged, and not stored, not applied, or without its effect at the owner."""
    duplicated: list[str] = field(default_factory=list)
    """An effect that is there more than once."""
    missing_downstream: list[str] = field(default_factory=list)
    """An effect that another service was never told of."""
    broken: list[str] = field(default_factory=list)
    """Everything else: a queue that does not drain, a broken chain, a phone that shows something else."""

    @property
    def all(self) -> list[str]:
        return [*self.lost, *self.duplicated, *self.missing_downstream, *self.broken]

    def count(self, what: str, found: int, wanted: int, *, downstream: bool = False) -> None:
        """`found` effects where `wanted` belong."""
        if found < wanted:
            (self.missing_downstream if downstream else self.lost).append(f"{what}: {found} of {wanted}")
        elif found > wanted:
            self.duplicated.append(f"{what}: {found} instead of {wanted}")


def all_of(connection: Connection, query: str, *given: Any) -> list[tuple[Any, ...]]:
    """Every row."""
    return connection.execute(query, given or None).fetchall()


def first_of(connection: Connection, query: str, *given: Any) -> list[Any]:
    """The first column of every row."""
    return [row[0] for row in all_of(connection, query, *given)]


def one_of(connection: Connection, query: str, *given: Any) -> tuple[Any, ...]:
    """The first row."""
    return all_of(connection, query, *given)[0]
