"""Stock: own articles as a ledger, the fate of each ordered piece, pre-orders, vendors' stock."""
