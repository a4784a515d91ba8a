"""Safeguards that tests/mutants.py removes, to see that a test fails without them."""
