"""What the format and the judge know and the engines do not yet obey: refused at the front door of `solve`."""

from collections.abc import Callable, Iterator

from .problem import Problem, ProblemError

NOT_YET: dict[str, Callable[[Problem], Iterator[str]]] = {
    "engineers[].overnight": lambda problem: (
        f"/engineers/{tour.engineer}/overnight" for tour in problem.tours if tour.nights
    ),
    "orders[].crew_size": lambda problem: (
        f"/orders/{index}/crew_size" for index, order in enumerate(problem.orders) if order.crew > 1
    ),
    "orders[].links": lambda problem: (
        f"/orders/{index}/links" for index, order in enumerate(problem.orders) if order.links
    ),
    "orders[].remote_expert_skill": lambda problem: (
        f"/orders/{index}/remote_expert_skill" for index, order in enumerate(problem.orders) if order.expert
    ),
}
"""By member of the format: where a problem asks for it. An entry goes when every engine obeys the member."""


def refuse_not_yet(problem: Problem) -> None:
    """Raises ProblemError, with the pointer, for the first member that no plan of ours would obey."""
    for asked in NOT_YET.values():
        for pointer in asked(problem):
            raise ProblemError(pointer, "is judged but not planned yet; leave it out")
