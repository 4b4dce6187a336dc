"""Reading the key log: audited entry by entry by a witness, a verifier or a monitor. Knows no account's secrets."""
