"""Every label and limit of docs/spec, named once. The TypeScript twin has the same names."""

from typing import Final

# encodings.md
KEY_ID: Final = b"pli key id v1"
JSON_DEPTH: Final = 32  # arrays and objects inside one another
JSON_INTEGER: Final = 2**53 - 1

# envelope.md: X-Wing
XWING_LABEL: Final = bytes.fromhex("5c2e2f2f5e5c")
XWING_SEED: Final = 32
XWING_PUBLIC: Final = 1216
XWING_CIPHERTEXT: Final = 1120
MLKEM_PUBLIC: Final = 1184
MLKEM_CIPHERTEXT: Final = 1088

# envelope.md: header and packets
FORMAT_NAME: Final = "saltpack"
FORMAT_VERSION: Final = (2, 0)
SIGNCRYPTION_MODE: Final = 3
SENDER_NONCE: Final = b"saltpack_sender_key_sbox"
RECIPIENT_NONCE: Final = b"saltpack_recipsb"
RECIPIENT_KEY: Final = b"pli xwing recipient key v1"
RECIPIENT_IDENTIFIER: Final = b"pli xwing recipient identifier v1"
DERIVED_KEY: Final = b"saltpack signcryption derived symmetric key"
PAYLOAD_COMMITMENT: Final = b"pli payload key commitment v1"
PACKET_SIGNATURE: Final = b"saltpack encrypted signature"
HEADER_LIMIT: Final = 128 * 1024  # bytes
RECIPIENT_LIMIT: Final = 64
PIECE_SIZE: Final = 1 << 20  # bytes of plaintext in a packet
SIGNATURE_SIZE: Final = 64
BOX_OVERHEAD: Final = 16
CHUNK_LIMIT: Final = PIECE_SIZE + SIGNATURE_SIZE + BOX_OVERHEAD
ENVELOPE_LIMIT: Final = 64 << 20  # bytes

# envelope.md: padding
PADDING_MARK: Final = b"\x80"
PADDING_BUCKETS: Final = (1024, 2048, 4096, 8192, 16384)

# attachment.md
ATTACHMENT: Final = b"pli attachment v1"
ATTACHMENT_PIECE: Final = 4 << 20  # bytes of plaintext in a chunk
ATTACHMENT_CHUNKS: Final = 256
ATTACHMENT_LIMIT: Final = ATTACHMENT_CHUNKS * ATTACHMENT_PIECE
FILE_NAME_LIMIT: Final = 255  # characters (code points)

# keybox.md
CONTENT: Final = b"pli content v1"
SLOT: Final = b"pli slot v1"
PASSWORD_WRAP: Final = b"pli wrap v1"
LETTER_WRAP: Final = b"pli letter wrap v1"
RECOVERY_WRAP: Final = b"pli recovery wrap v1"
DEVICE_WRAP: Final = b"pli device wrap v1"
PASSKEY_WRAP: Final = b"pli passkey wrap v1"
PRF_INPUT: Final = b"pli prf v1"  # what the authenticator is asked for
PRF_OUTPUT: Final = 32
CREDENTIAL_LIMIT: Final = 1023  # bytes
DELEGATE_FORMAT: Final = 1
KEYS_DUE: Final = 365  # days after which a client makes new keys
BOX_FORMAT: Final = 1
KDF_MEMORY: Final = 65536  # KiB, as written
KDF_PASSES: Final = 3
KDF_LANES: Final = 1
KDF_MEMORY_FLOOR: Final = 19456
KDF_MEMORY_CEILING: Final = 1048576
KDF_PASSES_FLOOR: Final = 2
KDF_PASSES_CEILING: Final = 16
CODE_BITS: Final = 130
CODE_CHARACTERS: Final = 26
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHECKS: Final = CODE_ALPHABET + "*~$=U"

# transparency.md: statement and entry
KEY_STATEMENT: Final = b"pli key statement v1"
VOUCHER: Final = b"pli voucher v1"
SEALING_HASH: Final = b"pli sealing key v1"
HOLDER: Final = b"pli holder v1"
STATEMENT_FORMAT: Final = 1
SUSPECTED: Final = "suspected"
HOLDER_LIMIT: Final = 16
ENTRY_LIMIT: Final = 4096  # bytes
STATEMENT_AHEAD: Final = 3600  # seconds before the reader's clock

# transparency.md: tree, checkpoint, policy
PROOF_LIMIT: Final = 63  # hashes
NOTE_LIMIT: Final = 128 * 1024  # bytes
NOTE_LINES: Final = 32
POLICY_LIMIT: Final = 64 * 1024  # bytes
POLICY_MEMBERS: Final = 32  # witnesses, and as many groups
CHECKPOINT_AGE: Final = 24 * 3600  # seconds
CHECKPOINT_AHEAD: Final = 600  # seconds
COSIGNATURE_LABEL: Final = b"cosignature/v1\n"
SUBTREE_LABEL: Final = b"subtree/v1\n\x00"
TILE_WIDTH: Final = 256
LOG_ED25519: Final = b"pli log ed25519 v1"
LOG_MLDSA: Final = b"pli log ml-dsa-44 v1"
WITNESS_ED25519: Final = b"pli witness ed25519 v1"
WITNESS_MLDSA: Final = b"pli witness ml-dsa-44 v1"

# login.md
LOGIN: Final = b"pli login v1"
LETTER_LOGIN: Final = b"pli letter login v1"
RECOVERY_LOGIN: Final = b"pli recovery login v1"
PASSKEY_LOGIN: Final = b"pli passkey login v1"

# pairing.md
PAIRING: Final = b"pli pairing v1"
COMPARISON: Final = b"pli comparison v1"
PAIRING_FORMAT: Final = 1
