"""`python -m services` runs everything in one process, `python -m services orders parts` only those.

`python -m services worker` works on the queue of long jobs.
"""

import sys

from services.serving import serve, work

if __name__ == "__main__":
    names = sys.argv[1:]
    if names == ["worker"]:
        work()
    else:
        serve(names)
