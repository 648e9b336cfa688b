"""OCPP 2.0.1 (edition 3). Use-case letters in this package are those of its part 2."""
