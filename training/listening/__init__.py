"""The listening network, from its checkpoint to the graphs that ship."""
