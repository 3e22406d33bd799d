/** The icons of the dashboard, drawn as paths of a 24 × 24 grid. They never carry a meaning alone. */
const PATHS = {
  overview: 'M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-3H4z',
  agents:
    'M12 8V4M8 4h8M6 8h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM9 13v2M15 13v2',
  history: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.500h4.500M12 8v4.500l3 2',
  logs: 'M5 5h14M5 10h9M5 15h14M5 20h7',
  control: 'M5 6h8M17 6h2M5 12h2M11 12h8M5 18h10M19 18h0M15 4v4M9 10v4M17 16v4',
  costs: 'M5 20V10M10 20V4M15 20v-7M20 20V8',
  teams:
    'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-3.500 2.500-6 6-6s6 2.500 6 6M16 4.500a3.200 3.200 0 0 1 0 6M18 14.500c2 .8 3 2.800 3 5.500',
  manager: 'M4 6h4v4H4zM16 6h4v4h-4zM10 15h4v4h-4zM8 8h8M6 10v3l4 3M18 10v3l-4 3',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  cross: 'M6 6l12 12M18 6 6 18',
  warning: 'M12 4 2.800 19.500h18.400zM12 10v4.500M12 17v.2',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.2',
  question:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.500a2.500 2.500 0 1 1 3.600 2.200c-.7.400-1.100.900-1.100 1.800M12 16.500v.2',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5v14l11-7z',
  stop: 'M6 6h12v12H6z',
  retry: 'M20 12a8 8 0 1 1-2.600-5.900L20 8.500M20 4v4.500h-4.500',
  waiting: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.500l3.500 2',
  running: 'M12 3a9 9 0 1 0 9 9',
  skip: 'M5 6v12l8-6zM16 6v12',
  message: 'M4 5h16v11H10l-4 4v-4H4z',
  external: 'M14 4h6v6M20 4l-9 9M18 14v5H5V6h5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  plus: 'M12 5v14M5 12h14',
  edit: 'M4 20h4L19 9l-4-4L4 16z',
  split: 'M6 4v5c0 3 6 3 6 6v5M18 4v5c0 3-6 3-6 6',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  merge: 'M7 4v16M7 8c0 5 10 3 10 8v4M4 17l3 3 3-3',
  branch: 'M7 4v16M17 4v3c0 5-10 4-10 9',
  report: 'M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7',
  plan: 'M9 6h11M9 12h11M9 18h11M4 6h.5M4 12h.5M4 18h.5',
  graph: 'M5 4h5v4H5zM14 10h5v4h-5zM5 16h5v4H5zM10 6h3c2 0 2 6 1 6M10 18h3c2 0 2-6 1-6',
  compare: 'M4 5h6v14H4zM14 5h6v14h-6z',
  chevron: 'm9 6 6 6-6 6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  offline: 'M4 4l16 16M8.500 15.500a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4-2.500M19 12a10 10 0 0 0-7-3M12 19v.2',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  up: 'm6 15 6-6 6 6',
  down: 'm6 9 6 6 6-6',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, spin = false }: { readonly name: IconName; readonly spin?: boolean }) => (
  <svg
    viewBox="0 0 24 24"
    width="18"
    height="18"
    fill="none"
    stroke="currentColor"
    strokeWidth="2"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    className={spin ? 'spin' : undefined}
  >
    <path d={PATHS[name]} />
  </svg>
);
