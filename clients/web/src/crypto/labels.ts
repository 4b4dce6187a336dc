/** Every label, fixed nonce and limit of docs/spec that has to do with bytes. ASCII, without a terminator. */

// envelope.md
export const FORMAT_NAME = 'saltpack'
export const FORMAT_VERSION = [2, 0] as const
export const MODE_SIGNCRYPTION = 3
export const SENDER_BOX_NONCE = 'saltpack_sender_key_sbox'
export const RECIPIENT_BOX_NONCE = 'saltpack_recipsb' // and u64be(index)
export const DERIVED_KEY = 'saltpack signcryption derived symmetric key'
export const SIGNED_PACKET = 'saltpack encrypted signature' // and a zero byte
export const COMMITMENT = 'pli payload key commitment v1'
export const RECIPIENT_KEY = 'pli xwing recipient key v1'
export const RECIPIENT_IDENTIFIER = 'pli xwing recipient identifier v1'
export const HEADER_LIMIT = 128 * 1024 // bytes
export const RECIPIENT_LIMIT = 64
export const PIECE_SIZE = 1 << 20 // bytes of plaintext in a packet that is not the last
export const ENVELOPE_LIMIT = 64 * 1024 * 1024 // bytes

// X-Wing
export const SEALING_KEY_SIZE = 1216
export const KEM_CIPHERTEXT_SIZE = 1120
export const KEM_KEY_SIZE = 1184 // the ML-KEM-768 part of a sealing key
export const KEM_MODULUS = 3329

// attachment.md
export const ATTACHMENT = 'pli attachment v1'
export const CHUNK_SIZE = 4 * 1024 * 1024 // bytes of plaintext
export const CHUNK_LIMIT = 256
export const NAME_LIMIT = 255 // characters

// keybox.md
export const CONTENT = 'pli content v1'
export const SLOT = 'pli slot v1'
export const PASSWORD_WRAP = 'pli wrap v1'
export const LETTER_WRAP = 'pli letter wrap v1'
export const RECOVERY_WRAP = 'pli recovery wrap v1'
export const DEVICE_WRAP = 'pli device wrap v1'
export const PASSKEY_WRAP = 'pli passkey wrap v1'
export const PRF_OUTPUT = 32 // bytes
export const CREDENTIAL_LIMIT = 1023 // bytes
export const DELEGATE_FORMAT = 1
export const KEYS_DUE = 365 // days after which a client makes new keys
export const KDF_MEMORY = 65_536 // KiB, written
export const KDF_PASSES = 3
export const KDF_LANES = 1
export const KDF_MEMORY_FLOOR = 19_456 // KiB, accepted
export const KDF_MEMORY_CEILING = 1_048_576
export const KDF_PASSES_FLOOR = 2
export const KDF_PASSES_CEILING = 16

// login.md
export const LOGIN = 'pli login v1'
export const LETTER_LOGIN = 'pli letter login v1'
export const RECOVERY_LOGIN = 'pli recovery login v1'
export const PASSKEY_LOGIN = 'pli passkey login v1'
export const OPPOSITION_RECEIPT = 'pli opposition receipt v1'

// pairing.md
export const PAIRING = 'pli pairing v1'
export const COMPARISON = 'pli comparison v1'
export const PAIRING_FORMAT = 1

// keys and statements
export const KEY_ID = 'pli key id v1'
export const STATEMENT = 'pli key statement v1'
export const VOUCHER = 'pli voucher v1'
export const SEALING_HASH = 'pli sealing key v1'
export const HOLDER = 'pli holder v1'
export const SUSPECTED = 'suspected'
export const HOLDER_LIMIT = 16
export const ENTRY_LIMIT = 4096 // bytes

// transparency.md: checkpoint, policy
export const NOTE_LIMIT = 128 * 1024 // bytes
export const NOTE_LINES = 32
export const POLICY_LIMIT = 64 * 1024 // bytes
export const POLICY_MEMBERS = 32 // witnesses, and as many groups
export const CHECKPOINT_AGE = 24 * 3600 // seconds
export const CHECKPOINT_AHEAD = 600 // seconds
export const COSIGNATURE = 'cosignature/v1'
export const SUBTREE = 'subtree/v1' // and a newline and a zero byte

// kept.ts
export const KEPT = 'pli kept box key v1'

// state.ts
export const STATE = 'pli state v1'
export const STATE_NAME = 'pli state name v1'

// protocol.md, Catalogue
export const CATALOGUE = 'pli catalogue v1'
