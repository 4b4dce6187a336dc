/** A QR code as one path. Must: have its content in words beside it (WCAG 2.2, 1.1.1). */
import type { JSX } from 'preact'
import { encode } from 'uqr'

export function QrCode({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const { data, size } = encode(text, { border: 1 })
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])))
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={squares.join('')} fill="#000" />
    </svg>
  )
}
