"""From samples to a performance: what was played, in seconds."""
