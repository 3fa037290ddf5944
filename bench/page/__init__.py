"""How quickly and how long the page works in a real browser."""
