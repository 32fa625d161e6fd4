"""Problems that are too large for one matrix.

Every engineer belongs to the first block that holds all of his places. An order is offered to its blocks in turn until
one of them serves it; work under way and pinned orders to their engineer's block alone. What a block takes from
shelves and yards is gone for the ones after it. After the first plan of all blocks, each is improved in its share of
the time that is left, with what the others do not use.
"""
