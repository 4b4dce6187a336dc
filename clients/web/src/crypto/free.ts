/**
 * Give memory back now, and not when somebody collects garbage: a few chunks of a file are enough to be noticed.
 *
 * What is moved through a port whose other end is closed is gone. `ArrayBuffer.transfer(0)` is not enough in Chromium: an array
 * that a Blob was made of, or that was hashed, is kept until garbage is collected all the same.
 */
export function free(bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return
  const { port1, port2 } = new MessageChannel()
  port2.close()
  port1.postMessage(null, [bytes.buffer as ArrayBuffer])
  port1.close()
}
