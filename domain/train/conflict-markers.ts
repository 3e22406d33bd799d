/** Conflict markers in a text: all three of one conflict, each at the start of a line. */
export const hasConflictMarkers = (text: string): boolean =>
  /^<<<<<<< /m.test(text) && /^=======\r?$/m.test(text) && /^>>>>>>> /m.test(text);
