/** Own icons, drawn on a 24-unit grid. They always stand beside a word, so that readers of screens skip them. */
import type { JSX } from 'preact'

const PATHS = {
  letter: 'M3.5 6.5h17v12h-17z M4 7l8 6.5L20 7',
  letterOpen: 'M3.5 10v9.5h17V10 M3.5 10 12 4l8.5 6 M4 10.5l8 5 8-5',
  record: 'M7 3.5h7l4.5 4.5v12.5H7z M13.5 3.5V8.5h5 M10 12.5h5.5 M10 16h5.5',
  agenda: 'M4 6.5h16v13.5H4z M4 10.5h16 M8 4v4 M16 4v4',
  person: 'M12 4.2a3.9 3.9 0 1 1 0 7.8 3.9 3.9 0 0 1 0-7.8z M4.5 20c.6-4 3.6-6 7.5-6s6.9 2 7.5 6',
  back: 'M19.5 12h-15 M10.5 6l-6 6 6 6',
  forward: 'M9 5.5l6.5 6.5L9 18.5',
  clip: 'M18.5 11.5l-7 7a4.2 4.2 0 0 1-6-6l7.6-7.6a2.8 2.8 0 0 1 4 4L9.6 16.4a1.4 1.4 0 0 1-2-2l6.6-6.6',
  answer: 'M10 6 4 11.5 10 17v-3.5c5 0 8 1.3 10 5-.2-6-4-9-10-9z',
  send: 'M4 5l16.5 7L4 19l2.5-7z M6.5 12h8',
  save: 'M12 4v11 M7 10.5l5 5 5-5 M4.5 19.5h15',
  print: 'M7 8.5V4h10v4.5 M7 16.5H4v-8h16v8h-3 M7 13.5h10V20H7z',
  open: 'M2.8 12S6 5.8 12 5.8 21.2 12 21.2 12 18 18.2 12 18.2 2.8 12 2.8 12z M12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z',
  close: 'M6 6l12 12 M18 6L6 18',
  camera: 'M3.5 8h4l1.5-2.5h6L16.5 8h4v11h-17z M12 10.2a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4z',
  yes: 'M5 12.5l5 5L19.5 7',
  no: 'M6.5 6.5l11 11 M17.5 6.5l-11 11',
  maybe: 'M9 9.2a3 3 0 1 1 4.6 2.6c-1.1.7-1.6 1.3-1.6 2.7 M12 18.2v.1',
  alert: 'M12 4.5 21 20H3z M12 10v5 M12 17.6v.1',
  info: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z M12 11v5.5 M12 7.6v.1',
  lock: 'M6 10.5h12v9.5H6z M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5 M12 14v2.5',
  place: 'M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11z M12 7.8a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6z',
  clock: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z M12 7.5V12l3.5 2',
  image: 'M4 5h16v14H4z M4 16l4.5-5 4 4.5 2.5-2.5 5 4.5 M15.5 8.8v.1',
  people: 'M9 5a3.3 3.3 0 1 1 0 6.6A3.3 3.3 0 0 1 9 5z M2.8 19c.4-3.4 2.9-5 6.2-5s5.8 1.6 6.2 5 M15.5 5.300a3.3 3.3 0 0 1 0 6.1 M18 14.400c1.9.7 3 2.2 3.2 4.6',
  key: 'M8 12.300a3.7 3.7 0 1 1 0 7.4 3.7 3.7 0 0 1 0-7.400z M10.7 13.3 19.5 4.5 M15.5 8.500l3 3 M18 6l2 2',
  leave: 'M14 4.500H5v15h9 M9.5 12h11 M16.5 8l4 4-4 4',
  device: 'M7.5 3h9v18h-9z M11 17.800h2',
  add: 'M12 5v14 M5 12h14',
  edit: 'M4.5 19.5l.9-4L16 4.900l3.100 3.100L8.500 18.600z M13.700 7.200l3.100 3.100',
  shield: 'M12 3.500l7 2.500v5.500c0 4.500-2.800 7.500-7 9-4.200-1.500-7-4.500-7-9V6z M12 8v4.500 M12 15.600v.1',
  text: 'M4 18.500 9 6l5 12.500 M5.800 14.500h6.400 M15.500 18.500l2.600-6.500 2.600 6.500 M16.300 16.500h3.600',
  tag: 'M4 4.500h8l8 8-7.500 7.500-8.500-8.500z M8 8.300v.1',
  archive: 'M3.500 5h17v4h-17z M5 9v10.500h14V9 M9.500 13h5',
  more: 'M5.500 11a1 1 0 1 1 0 2 1 1 0 0 1 0-2z M12 11a1 1 0 1 1 0 2 1 1 0 0 1 0-2z M18.500 11a1 1 0 1 1 0 2 1 1 0 0 1 0-2z',
  undo: 'M8 5 4 9l4 4 M4 9h9.500a5.5 5.5 0 0 1 0 11H9',
} as const
export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
