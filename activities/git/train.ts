/** The merge train's branch in the hub. It moves by compare-and-swap only. */
import { DroverFailure } from '../../domain/failures.ts';
import { HUB_RESULT_BRANCH } from '../../domain/names.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { git, gitText } from './git.ts';

/** Moves the train from `from` to `to`. Repeating it is harmless; finding it anywhere else is a failure. */
export const advanceTrain = async (hub: string, from: string, to: string): Promise<void> => {
  const ref = `refs/heads/${HUB_RESULT_BRANCH}`;
  crashPoint('train.before');
  const { code } = await git('update-ref', ['--create-reflog', '-m', 'drover: land', ref, to, from], {
    cwd: hub,
    okCodes: [0, 1, 128],
  });
  if (code !== 0) {
    const found = await gitText('rev-parse', ['--verify', '--end-of-options', ref], { cwd: hub });
    if (found !== to)
      throw new DroverFailure('superseded', `The merge train is at ${found}, not at ${from}`, {
        hint: 'somebody else moved the branch "result" of the hub; put it back, then retry',
      });
  }
  crashPoint('train.after');
};
