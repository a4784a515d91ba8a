"""What the speech engines share: which device they run on and how its errors are named."""
