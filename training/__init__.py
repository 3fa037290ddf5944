"""How the networks are made: trained, exported, compared."""
