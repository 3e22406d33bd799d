/** Backlogs in a line each. */
import type { FeatureCounts } from '../../domain/backlog/backlog.ts';
import { plain } from '../output/plain-text.ts';

export const countsLine = ({ pending, claimed, passing, failed, waiting }: FeatureCounts): string =>
  `${passing} passing, ${claimed} claimed, ${pending} pending${waiting === 0 ? '' : ` (${waiting} of them wait for others)`}, ${failed} failed`;

export const backlogLines = (backlogs: ReadonlyMap<string, FeatureCounts>): readonly string[] =>
  backlogs.size === 0
    ? []
    : [
        '',
        ...[...backlogs].map(
          ([repository, counts]) => `backlog of ${plain(repository)}: ${countsLine(counts)}`,
        ),
      ];
