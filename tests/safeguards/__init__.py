"""What is taken away to see whether a test misses it (tests/mutants.py)."""
