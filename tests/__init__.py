"""Tests: unit, integration and browser."""
