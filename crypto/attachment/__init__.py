"""Files sealed in chunks: STREAM over XChaCha20-Poly1305 (docs/spec/attachment.md).

Memory does not grow with the file.
"""

from crypto.attachment.opening import Verifier, open_bytes, open_chunk, open_chunks
from crypto.attachment.reference import Attachment
from crypto.attachment.sealing import AttachmentSealer, Sealing

__all__ = ["Attachment", "AttachmentSealer", "Sealing", "Verifier", "open_bytes", "open_chunk", "open_chunks"]
