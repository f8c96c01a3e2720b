"""Intake: order entries, as storefronts capture them, become orders with customers and payments."""
