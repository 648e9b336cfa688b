"""The emulator as the charge point under test."""
