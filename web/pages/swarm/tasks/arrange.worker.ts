/** Runs `arrange` beside the page. */
import { arrange, type Outline } from './arrange.ts';

addEventListener('message', ({ data }: MessageEvent<readonly Outline[]>) => {
  postMessage(arrange(data));
});
