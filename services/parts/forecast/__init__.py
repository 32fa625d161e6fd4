"""Intermittent demand, its forecast, and how much stock it asks for. Pure: arrays in, arrays out."""
