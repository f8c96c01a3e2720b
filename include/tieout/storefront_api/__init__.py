"""The storefront API: order entry by HTTP, before any payment, also while the database is out."""
