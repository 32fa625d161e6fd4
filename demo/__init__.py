"""A maker's network made by seed from real places and roads, in the rows that `roadcall import` reads."""
