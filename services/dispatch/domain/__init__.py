"""What dispatch decides, as pure functions: no framework, no clock, no disk, no socket."""
