"""Payments: gateway connectors, attempts, card checks, token vault."""
