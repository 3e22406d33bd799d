/** Where a branch conflicts with what has landed: both sides between git's markers. */
import { plainText } from '../../../../domain/text.ts';
import { useConflict } from '../../../data/queries.ts';
import { Loaded } from '../../../parts/states.tsx';

const lookOf = (line: string): string | undefined =>
  /^(<{7}|\|{7}|={7}|>{7})( |$)/.test(line) ? 'conflict-marker' : undefined;

export const Conflict = ({ swarmId, taskId }: { readonly swarmId: string; readonly taskId: string }) => (
  <Loaded query={useConflict(swarmId, taskId)} lines={6}>
    {(text) =>
      text === '' ? (
        <p className="small muted">It merges cleanly with what has landed by now.</p>
      ) : (
        <pre
          className="log evidence"
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
          tabIndex={0}
          aria-label={`Where ${taskId} conflicts`}
        >
          {plainText(text)
            .trimEnd()
            .split('\n')
            .map((line, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- lines never move
              <span key={index} className={lookOf(line)}>
                {line}
                {'\n'}
              </span>
            ))}
        </pre>
      )
    }
  </Loaded>
);
