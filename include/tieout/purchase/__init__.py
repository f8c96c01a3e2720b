"""Purchases watched from capture to the customer's door; the storefront's switch; certificates."""
