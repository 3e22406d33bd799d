/** Gathers what an agent is told besides its task, from the hub and from what agents shared; never more than fits. */
import {
  chooseContext,
  nameOverlap,
  usefulCharacters,
  type ChosenContext,
  type ContextPiece,
} from '../../domain/agents/context.ts';
import type { DependencyNote } from '../../domain/agents/agent.ts';
import type { ExecutorKind } from '../../domain/swarm/settings.ts';
import { plainText } from '../../domain/text.ts';
import { readBlobs } from './blobs.ts';
import { git } from './git.ts';
import { shownPath, type Hub } from './merge-objects.ts';

/** What agents of a swarm have shared. */
export interface SharedTexts {
  /** The newest. */
  list(swarmId: string): Promise<readonly { readonly name: string; readonly length: number }[]>;
  /** At most so many characters of its beginning. */
  read(swarmId: string, name: string, characters: number): Promise<string | undefined>;
}

/** Written for agents; then what people read first. */
const PROJECT_FILES: readonly (readonly [path: string, relevance: number])[] = [
  ['AGENTS.md', 0.95],
  ['CLAUDE.md', 0.9],
  ['GEMINI.md', 0.85],
  ['README.md', 0.5],
  ['README', 0.5],
  ['README.rst', 0.5],
  ['README.txt', 0.5],
];
const CONFIGURED = 1;
const CHANGE = 0.7;
/** Shared texts lie below changes and the project's own words, unless the task speaks of them. */
const SHARED = { least: 0.3, byName: 0.5 } as const;

/** These programs read their own file by themselves. */
const READ_ANYWAY: Readonly<Partial<Record<ExecutorKind, string>>> = {
  claude: 'CLAUDE.md',
  'agent-teams': 'CLAUDE.md',
  codex: 'AGENTS.md',
  gemini: 'GEMINI.md',
};

/** Larger ones are data, not descriptions. */
const BLOB_BYTES = 262_144;
const DIFF_BYTES = 4 * 1024 * 1024;
/** Of dependencies and of shared texts that are looked at. */
const LOOKED_AT = 20;

export interface ContextRequest {
  readonly swarmId: string;
  readonly commit: string;
  readonly baseCommit: string;
  readonly executor: ExecutorKind;
  readonly dependencies: readonly DependencyNote[];
  /** What the task is about. */
  readonly work: string;
  /** Paths that the settings name. */
  readonly files: readonly string[];
  readonly tokens: number;
}

const projectPieces = async (hub: Hub, request: ContextRequest): Promise<readonly ContextPiece[]> => {
  const relevance = new Map([
    ...PROJECT_FILES,
    ...request.files.map((path) => [path.replace(/^(\.\/)+/, ''), CONFIGURED] as const),
  ]);
  relevance.delete(READ_ANYWAY[request.executor] ?? '');
  const { stdout } = await git(
    'ls-tree',
    ['-z', '-l', '--full-tree', '--end-of-options', request.commit, ...relevance.keys()],
    hub,
  );
  const found = stdout
    .toString('latin1')
    .split('\0')
    .flatMap((line) => {
      const [facts = '', path = ''] = line.split('\t');
      const [mode = '', , oid = '', size = ''] = facts.split(/ +/);
      // A link may point anywhere.
      return mode.startsWith('100') && Number(size) <= BLOB_BYTES ? [{ path: shownPath(path), oid }] : [];
    });
  const texts = await readBlobs(
    hub,
    found.map(({ oid }) => oid),
  );
  const seen = new Set<string>();
  return found.flatMap(({ path, oid }) => {
    const content = texts.get(oid);
    // AGENTS.md and CLAUDE.md are often one text.
    if (content === undefined || content.includes(0) || seen.has(oid)) return [];
    seen.add(oid);
    const text = plainText(content.toString('utf8')).trim();
    return text === ''
      ? []
      : [{ kind: 'project' as const, name: path, text, relevance: relevance.get(path) ?? 0 }];
  });
};

const changePieces = async (hub: Hub, request: ContextRequest): Promise<readonly ContextPiece[]> => {
  const pieces: ContextPiece[] = [];
  for (const { taskId, commit } of request.dependencies.slice(-LOOKED_AT)) {
    const { stdout } = await git(
      'diff-tree',
      ['-p', '--stat', '-r', '--no-color', '--no-ext-diff', '--no-textconv', request.baseCommit, commit],
      // Ended for printing too much.
      { ...hub, okCodes: [0, -1], outputLimit: DIFF_BYTES },
    );
    const text = plainText(shownPath(stdout.toString('latin1'))).trim();
    if (text !== '') pieces.push({ kind: 'change', name: taskId, text, relevance: CHANGE });
  }
  return pieces;
};

const sharedPieces = async (
  shared: SharedTexts,
  { swarmId, work, tokens }: ContextRequest,
): Promise<readonly ContextPiece[]> => {
  const listed = await shared.list(swarmId);
  const ranked = listed
    .map(({ name }) => ({ name, relevance: SHARED.least + SHARED.byName * nameOverlap(name, work) }))
    .toSorted((a, b) => b.relevance - a.relevance)
    .slice(0, LOOKED_AT);
  const pieces: ContextPiece[] = [];
  for (const { name, relevance } of ranked) {
    const text = await shared.read(swarmId, name, usefulCharacters(tokens));
    if (text !== undefined) pieces.push({ kind: 'shared', name, text: plainText(text), relevance });
  }
  return pieces;
};

export const gatherContext = async (
  hub: Hub,
  shared: SharedTexts,
  request: ContextRequest,
): Promise<ChosenContext> => {
  // An agent without a model reads nothing.
  if (request.tokens <= 0 || request.executor === 'command') return { pieces: [], left: [] };
  const pieces = [
    ...(await projectPieces(hub, request)),
    ...(await changePieces(hub, request)),
    ...(await sharedPieces(shared, request)),
  ];
  return chooseContext(pieces, request.tokens);
};
