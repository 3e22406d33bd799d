/** A report for the terminal: long output of commands is left to the file. */

const MAX_LINES = 8;

/** Fenced blocks of more than a few lines are cut to their number of lines. */
export const shortReport = (markdown: string): string =>
  markdown.replace(/^(`{3,})\w*\n([\s\S]*?)^\1$/gm, (block, fence: string, content: string) => {
    const lines = content.split('\n').length - 1;
    return lines <= MAX_LINES ? block : `${fence}\n… ${lines} lines, in the report\n${fence}`;
  });
