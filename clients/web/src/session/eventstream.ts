/** Reads a text/event-stream (HTML standard, 9.2.6). EventSource cannot send a Bearer token; fetch can. */

export type ServerEvent = { readonly event: string; readonly data: string }

const LINE_END = /\r\n|\n|\r/
const EVENT_LIMIT = 1024 * 1024 // characters of one event: a relay that never ends one is left

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let waiting = ''
  let lines: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      waiting += decoder.decode(value, { stream: true })
      if (waiting.length > EVENT_LIMIT) return
      // A CR at the very end may be half of a CRLF: it waits for what follows.
      const held = waiting.endsWith('\r') ? '\r' : ''
      const pieces = waiting.slice(0, waiting.length - held.length).split(LINE_END)
      waiting = (pieces.pop() ?? '') + held
      for (const line of pieces) {
        if (line !== '') lines.push(line)
        else if (lines.length > 0) {
          yield toEvent(lines)
          lines = []
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function toEvent(lines: readonly string[]): ServerEvent {
  let event = 'message'
  const data: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') event = value
    if (name === 'data') data.push(value)
  }
  return { event, data: data.join('\n') }
}
