"""How well recordings are heard."""
