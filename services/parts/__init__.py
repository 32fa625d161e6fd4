"""The parts service: catalogue, stock of every place, holds and reservations, pickups, usage, shipments."""
