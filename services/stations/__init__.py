"""The stations service: the maker's network, its engineers, and the bank of replacement vehicles."""
