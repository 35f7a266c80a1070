"""S-12: of mutants of signed requests a host takes in none. `make fuzz` asks about 100,000, of another seed each time."""

from pathlib import Path

from tests.trust.mutants import survey

SEED, COUNT = 20_260_801, 25_000


def test_s12_of_many_thousand_mutants_of_signed_requests_none_is_taken_in(tmp_path: Path) -> None:
    refusals = survey(tmp_path, SEED, COUNT)
    print(f"seed {SEED}: {dict(refusals)}")
    assert refusals.total() == COUNT
    # They get as far as what they are about: well-formed, with a signature that is not theirs, or a certificate that nobody issued.
    assert refusals["NotSigned"] > COUNT / 2, refusals
    assert refusals["UntrustedCertificate"] > COUNT / 200, refusals
