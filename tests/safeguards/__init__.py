"""Safeguards that tests/mutants.py removes, to see that a test fails without them."""

from __future__ import annotations

from safeguards.attacks import ATTACKS
from safeguards.costs import COSTS
from safeguards.erasures import ERASURES
from safeguards.jobs import JOBS
from safeguards.results import RESULTS

MUTANTS = (*JOBS, *RESULTS, *ATTACKS, *ERASURES, *COSTS)
