"""What the speech engines share.

device  choose the device, estimate what fits into its memory, classify errors
"""
