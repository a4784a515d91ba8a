"""Generate what the docs repeat from code, template and tests: `make docs` runs `generate`.

generate          the files and their tables
errors            the named errors and their advice
fault_matrix      the cases of the fault matrix and the tests that inject them
fields            the fields of the published schemas and of the settings
roles             what each IAM role reads, writes and calls
waits             how long an execution waits for what
repository_pages  the files outside of docs/ that the docs site shows
screenshot        the README's picture of the result page: `make screenshot` takes it
"""
