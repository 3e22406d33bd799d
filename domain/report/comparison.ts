/** The part of the report about independent mode: the answers side by side, and which one was picked. */
import { sizeText, type Candidate, type Comparison } from '../swarm/comparison.ts';
import { cell, code, inline, markdownTable } from '../markdown.ts';
import { clip } from '../text.ts';

const verification = ({ verified, failure }: Candidate): string =>
  verified === 'red' ? `**red**: ${inline(failure ?? '')}` : verified;

const costText = ({ usage }: Candidate): string =>
  usage.calls === 0 ? ' ' : `${usage.costIncomplete ? 'at least ' : ''}$${usage.costUsd.toFixed(4)}`;

/** Paragraphs and tables of the section; empty for a swarm in another mode. */
export const comparisonSection = (comparison: Comparison | undefined): string[] => {
  if (comparison === undefined) return [];
  const { candidates, judged, picked } = comparison;
  const rows = candidates.map((one, index) => [
    String(index + 1),
    `${code(one.agent)}${one.agent === picked ? ' **picked**' : ''}`,
    one.commit === undefined ? one.state.replaceAll('_', ' ') : code(one.commit.slice(0, 12)),
    one.size === undefined ? ' ' : sizeText(one.size),
    verification(one),
    one.seconds === undefined ? ' ' : `${one.seconds.toFixed(1)} s`,
    costText(one),
    cell(clip(one.summary, 300)),
    ...(judged ? [cell(one.judgement ?? '')] : []),
  ]);
  return [
    picked === undefined
      ? 'No answer was picked.'
      : `The answer of ${code(picked)} was picked. All branches are in the swarm's repository: ${code('git diff main..agent-0')}`,
    markdownTable(
      [
        '',
        'Agent',
        'Commit',
        'Changes',
        'Verification',
        'Time',
        'Cost',
        'Its words',
        ...(judged ? ["The judge's words"] : []),
      ],
      rows,
    ),
  ];
};
