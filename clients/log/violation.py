"""What a log did that it must never do: the one error of an audit. Not for a network that fails (LogUnreachable)."""


class Violated(Exception):
    """`rule` names it: an item of docs/spec/transparency.md (such as "transparency/13") or a word of this package.

    `index` is the number of the entry, where it is one entry's fault. Never holds content or keys.
    """

    def __init__(self, rule: str, index: int | None = None) -> None:
        super().__init__(rule, index)
        self.rule = rule
        self.index = index

    @property
    def words(self) -> str:
        """One sentence for people."""
        said = _WORDS.get(self.rule, _WORDS["transparency"])
        return said if self.index is None else f"Entry {self.index}: {said[0].lower()}{said[1:]}"


_WORDS = {
    "transparency": "It breaks the rules of the key log.",
    "transparency/1": "It is not canonical.",
    "transparency/2": "A signature, voucher or member does not fit, or its enroller is not one of the list.",
    "transparency/3": "A voucher or enroller stands where none may, or is missing.",
    "transparency/4": "Its signing key is weak.",
    "transparency/5": "The checkpoint is not a signed note.",
    "transparency/6": "The checkpoint is not of this log.",
    "transparency/7": "The checkpoint is not signed by both of the log's keys.",
    "transparency/8": "The checkpoint lacks the quorum of witnesses.",
    "transparency/9": "The checkpoint is older than 24 hours, or ahead of the clock.",
    "transparency/12": "The policy is not one.",
    "transparency/13": "It is a second line of an account, a gap, a fork, or has another account's key.",
    "root": "The entries do not hash to the checkpoint: the log was rewritten, or shows others something else.",
    "shrunk": "The log is smaller than it was.",
    "forked": "The log shows another tree of the same size.",
    "bundle": "The log gives something that is no bundle of entries.",
    "tile": "The log gives a tile that does not fit its entries.",
    "oversized": "The log gives more bytes than such a thing can have.",
    "missing": "The log does not give what its checkpoint covers.",
    "policyChanged": "The log's policy is not the one of the last time.",
}
