"""Settlement: what gateways report is tied to what was sold, and the rest is named."""
