"""Requests that the server makes itself, to addresses that others have named: webhooks, responders of certificates."""
