"""The peers on a VRPTW. Each module has `solve(problem, seconds, seed) -> PublicPlan` and alone imports its library."""
