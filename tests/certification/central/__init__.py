"""The server as the central system under test."""
