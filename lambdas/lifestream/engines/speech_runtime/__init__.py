"""What the speech engines share: the choice of their device and the names of their errors."""
