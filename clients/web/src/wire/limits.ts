/** The limits of the protocol that a page must keep (docs/spec/protocol.md). */

export const MAX_OBJECTS_IN_GET = 500
export const MAX_CONCURRENT_UPLOAD = 8
export const MAX_INLINE_SEALED = 64 * 1024 // bytes; a larger letter travels as a blob
export const MAX_STATE_SEALED = 64 * 1024 // bytes
export const MAX_BLOBS_PER_MESSAGE = 256
export const MAX_ATTACHMENTS_TOTAL = 100 * 1024 * 1024 // bytes of all files of one letter
export const POLL_SECONDS = 30 // an event is a hint: a reader asks at least this often
export const MAX_SIZES_IN_PROVE = 100
