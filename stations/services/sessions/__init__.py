"""Charging sessions, from the start to the last reading, and what stations get wrong about them."""
