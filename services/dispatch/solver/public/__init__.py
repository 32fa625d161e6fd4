"""The two public problem sets: VRPTW and technician routing (TRSP). Their own states, search and judge."""
