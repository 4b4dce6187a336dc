"""transparency.json: what a client checks of the log: proofs, checkpoints, policies."""

from collections.abc import Iterator

from tests.vectors.cases import transparency_checkpoint, transparency_policy, transparency_proof
from tests.vectors.material import Case

ABOUT = "Proofs, checkpoints and policies of the key log (docs/spec/transparency.md)"


def cases() -> Iterator[Case]:
    """Every case."""
    yield from transparency_proof.cases()
    yield from transparency_checkpoint.cases()
    yield from transparency_policy.cases()
