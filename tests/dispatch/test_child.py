"""What the solver's process leaves behind from one question to the next."""

from tests.dispatch.solver.test_compiled import told

LITTERED = """
import weakref
from multiprocessing import Pipe
from threading import Thread
from services.dispatch import child
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import problem_of

class Litter:
    pass

left, answer = [], child._answer

def littering(pipe, asked):
    one = Litter()
    one.itself = one  # only the collector finds it
    left.append(weakref.ref(one))
    return answer(pipe, asked)

def ask(pipe):
    pipe.recv()
    for _ in range(4):
        pipe.send(question)
        while isinstance(pipe.recv(), child.Progress):
            pass
    pipe.close()

question = child.Commission(problem_of(random_document(1, orders=40, engineers=6)), None, "roadcall", 0.3, 1)
child._answer = littering
here, there = Pipe()
Thread(target=ask, args=(here,)).start()
child.work(there)
print([ref() is None for ref in left])
"""


def test_what_an_answer_leaves_behind_is_collected_before_the_next_question_is_frozen() -> None:
    """The engines leave no cycles today: one is planted in each answer, and outlives the collections of the search."""
    assert told(["-c", LITTERED]) == [str([True] * 4)]
