"""The tables of the first migration by family; it says in which order they are made."""
