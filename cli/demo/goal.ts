/** What the demo asks for; a real model plans it, the scripted one has a plan for it. */
export const DEMO_GOAL = `Extend the library "sundry" for its next release:

- slugify(text) in src/text.js: a text as a part of a URL.
- truncate(text, max, { words: true }) cuts between words.
- formatDuration(seconds) and parseDuration(text), in src/duration.js, exported by src/index.js: 3725 is "1h 2m 5s".
- joinList(items) in src/list.js, exported by src/index.js: "a, b and c".
- formatBytes uses decimal units by default (1 kB is 1000 bytes); the old binary ones with { base: 1024 }.
- fileSummary({ name, size }) in src/units.js: a file in one line, its size in units of 1024 bytes as file managers show it.
- README and CHANGELOG tell of slugify and truncate.

Each function has tests of its own. "node --test" runs them all.`;
