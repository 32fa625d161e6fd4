"""Where stations reach machines, where they do not, and where new ones would. Pure: arrays in, plans out."""
