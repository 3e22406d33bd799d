/** The question that is asked about a branch that did not land. */
import { whatFailed } from '../../domain/train/fix-words.ts';
import type { Parked } from '../../domain/train/train.ts';
import type { Question } from '../swarm/gates.ts';

type Red = Extract<Parked['trouble'], { onto: string }>;

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

const togetherText = (trouble: Red): readonly string[] => {
  const { together, acceptanceOf } = trouble;
  const inMerge = acceptanceOf === undefined ? [] : ['It was run in the merged tree.'];
  if (together === undefined) return inMerge;
  const other = together.withTask === undefined ? 'what landed before it' : `the one of ${together.withTask}`;
  return [
    `The branch is green by itself. ${sentence(whatFailed(trouble))} is red only together with ${other}.`,
    ...inMerge,
  ];
};

export const troubleQuestion = ({ branch, trouble, note }: Parked, title: string, enough = ''): Question => {
  const common = {
    taskIds: [branch.taskId],
    rejectMeans: 'The branch is left out, and with it those that build on it. It stays in the hub.',
  };
  const noted = [note, enough].filter((line) => line !== '');
  if (trouble.kind === 'conflict')
    return {
      ...common,
      kind: 'conflict',
      question: `The branch of "${title}" conflicts with what has landed. Let an agent resolve it?`,
      approveMeans: 'An agent resolves the conflict; its result is verified before it lands.',
      manualMeans: 'You get a worktree with the conflict, resolve it there, and answer with done.',
      detail: [
        ...noted,
        ...(trouble.withTasks.length === 0 ? [] : [`With: ${trouble.withTasks.join(', ')}`]),
        ...trouble.paths,
      ].join('\n'),
    };
  return {
    ...common,
    kind: trouble.kind,
    question: `${sentence(whatFailed(trouble))} fails with the branch of "${title}". Let an agent fix it?`,
    approveMeans: 'An agent sees the failing output and fixes it; its result is verified before it lands.',
    detail: [
      ...noted,
      ...togetherText(trouble),
      ...(trouble.baseIsRed
        ? ['The same step fails without any branch, on the commit the swarm started from.']
        : []),
      `$ ${trouble.command}`,
      trouble.output,
    ].join('\n'),
  };
};
