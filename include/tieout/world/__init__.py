"""The outside world for demo and tests: storefront, vendors, carrier, gateways, mailbox."""
