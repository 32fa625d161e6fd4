"""The only SQL of dispatch, one file per thing that is kept."""
