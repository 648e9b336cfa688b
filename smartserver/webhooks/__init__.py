"""Webhooks: live events posted to addresses of integrators, from a durable outbox."""
