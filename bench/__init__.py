"""Measurements, printed beside what this machine could do at the most; never asserted in tests."""
