"""Generate what the docs repeat from code, template and tests: `make docs` runs `generate`.

generate      the files and the tables
fault_matrix  the cases of the fault matrix and the tests that inject them
roles         what each IAM role reads, writes and calls
waits         how long an execution waits for what
"""
