/** `drover demo`: see it work, with or without a key. */
import type { Command } from 'commander';
import { command, type Cli, type CommonOptions } from '../cli.ts';
import { runDemo } from '../demo/run-demo.ts';

export const demoCommand = (cli: Cli): Command =>
  command(
    'demo',
    'Run a swarm on a small repository made for it; with scripted answers when there is no key',
    ['demo', 'ANTHROPIC_API_KEY=… drover demo'],
  ).action((options: CommonOptions) => runDemo(cli, options));
