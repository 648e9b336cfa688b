"""Charging profiles: checked before they are sent, kept as confirmed, compared with what stations do."""
