/** A unified diff, file by file. A large file is opened by hand, so that a page of many stays quick. */
import { useMemo } from 'react';
import { Diff, Hunk, parseDiff, type FileData } from 'react-diff-view';
import 'react-diff-view/style/index.css';
import './diff.css';
import { Badge } from './badge.tsx';
import { plural } from './format.ts';
import { Empty, Notice } from './states.tsx';
import type { Look } from './tones.ts';

const FILES = 60;
/** Changed lines that are shown unasked. */
const OPEN_LINES = 400;

const LOOKS: Readonly<Record<FileData['type'], Look>> = {
  add: { tone: 'good', icon: 'plus', label: 'added' },
  delete: { tone: 'bad', icon: 'trash', label: 'deleted' },
  modify: { tone: 'busy', icon: 'edit', label: 'changed' },
  rename: { tone: 'halt', icon: 'branch', label: 'renamed' },
  copy: { tone: 'halt', icon: 'branch', label: 'copied' },
};

const nameOf = (file: FileData): string => {
  if (file.type === 'delete') return file.oldPath;
  return file.type === 'rename' || file.type === 'copy' ? `${file.oldPath} → ${file.newPath}` : file.newPath;
};

const linesOf = (file: FileData): { readonly added: number; readonly removed: number } => {
  let added = 0;
  let removed = 0;
  for (const hunk of file.hunks)
    for (const change of hunk.changes) {
      if (change.type === 'insert') added += 1;
      if (change.type === 'delete') removed += 1;
    }
  return { added, removed };
};

const File = ({ file, open }: { readonly file: FileData; readonly open: boolean }) => {
  const { added, removed } = linesOf(file);
  return (
    <details open={open} className="diff-file">
      <summary>
        <span className="mono wrap">{nameOf(file)}</span> <Badge look={LOOKS[file.type]} />{' '}
        <span className="small nowrap">
          <ins>+{added}</ins> <del>−{removed}</del>
        </span>
      </summary>
      {file.hunks.length === 0 ? (
        <p className="small muted card-body">
          {file.isBinary === true ? 'A binary file.' : 'No line changed.'}
        </p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
        <div className="scroll-x" tabIndex={0} role="region" aria-label={`Changes of ${nameOf(file)}`}>
          <Diff viewType="unified" diffType={file.type} hunks={file.hunks}>
            {(hunks) => hunks.map((hunk) => <Hunk key={`${hunk.content} ${hunk.oldStart}`} hunk={hunk} />)}
          </Diff>
        </div>
      )}
    </details>
  );
};

/** How many of the files, from the first one, have at most `OPEN_LINES` changed lines together. */
const shortFiles = (files: readonly FileData[]): number => {
  let lines = 0;
  const index = files.findIndex((file) => {
    const { added, removed } = linesOf(file);
    lines += added + removed;
    return lines > OPEN_LINES;
  });
  return index < 0 ? files.length : index;
};

export const DiffFiles = ({ diff }: { readonly diff: string }) => {
  const files = useMemo((): readonly FileData[] | undefined => {
    try {
      return parseDiff(diff, { nearbySequences: 'zip' });
    } catch {
      return undefined;
    }
  }, [diff]);
  if (diff.trim() === '') return <Empty title="Nothing changed" />;
  // Whatever cannot be taken apart is shown as it is.
  if (files === undefined) return <pre className="log">{diff}</pre>;
  const opened = shortFiles(files);
  return (
    <div className="stack tight diff-files">
      {files.slice(0, FILES).map((file, index) => (
        <File key={`${file.oldPath}>${file.newPath}`} file={file} open={index < opened} />
      ))}
      {files.length > FILES && (
        <Notice tone="idle">
          {plural(files.length - FILES, 'more file')}: drover diff shows all of them.
        </Notice>
      )}
    </div>
  );
};
