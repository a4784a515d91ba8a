"""What starts work: Lambda functions that are no state of the machine."""
