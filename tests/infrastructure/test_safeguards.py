"""`make mutants` finds the code of every safeguard. Running it takes too long for each change."""

from __future__ import annotations

import pytest

from cdk_app.local.synthesis import ROOT
from safeguards import MUTANTS
from safeguards.mutant import Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.without)
def test_the_code_of_a_safeguard_is_where_the_mutant_looks_for_it(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    assert all((ROOT / path.partition("::")[0]).exists() for path in mutant.tests)
