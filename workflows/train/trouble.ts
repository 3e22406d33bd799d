/** The question that is asked about a branch that did not land. */
import type { Parked } from '../../domain/train/train.ts';
import type { Question } from '../swarm/gates.ts';

const togetherText = (together: { readonly withTask?: string } | undefined): readonly string[] => {
  if (together === undefined) return [];
  const { withTask } = together;
  return [
    withTask === undefined
      ? 'The branch is green by itself. It is red only together with what landed before it.'
      : `The branch is green by itself. It is red only together with the one of ${withTask}.`,
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
    question: `The ${trouble.kind} fails with the branch of "${title}". Let an agent fix it?`,
    approveMeans: 'An agent sees the failing output and fixes it; its result is verified before it lands.',
    detail: [
      ...noted,
      ...togetherText(trouble.together),
      ...(trouble.acceptanceOf === undefined
        ? []
        : [`This is the acceptance command of ${trouble.acceptanceOf}, in the merged tree.`]),
      ...(trouble.baseIsRed
        ? ['The same step fails without any branch, on the commit the swarm started from.']
        : []),
      `$ ${trouble.command}`,
      trouble.output,
    ].join('\n'),
  };
};
