"""The compiled kernel of the dispatch model: ruin and recreate on arrays, every rule and price exact."""
