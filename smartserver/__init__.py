"""SMART-Server: one server for EV charge points, solar devices and charger hardware."""

__version__ = "0.1.0"
