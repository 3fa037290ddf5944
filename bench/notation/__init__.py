"""How well performances are written down."""
