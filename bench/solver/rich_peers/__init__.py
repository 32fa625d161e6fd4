"""Other engines on our problems: each models what it can and answers with orders by tour, in their order."""
