"""OCPP 2.1. Use-case letters in this package are those of its part 2."""
