/** `drover completion`: completion for bash, zsh and fish. What there is to complete is asked of `drover` itself. */
import { readdir } from 'node:fs/promises';
import { Argument, Command, type Option } from 'commander';
import { isSwarmId } from '../../domain/names.ts';
import { command, print, type Cli } from '../cli.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, readonly string[]>> = {
  bash: [
    '# drover completion bash > ~/.local/share/bash-completion/completions/drover',
    '_drover() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(drover __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))',
    '}',
    'complete -o default -F _drover drover',
  ],
  zsh: [
    '#compdef drover',
    '# drover completion zsh > ~/.zsh/completions/_drover, with that folder in fpath',
    '_drover() {',
    '  local -a found',
    '  found=("${(@f)$(drover __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")',
    '  if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi',
    '}',
    'if [[ "${funcstack[1]}" == "_drover" ]]; then _drover "$@"; else compdef _drover drover; fi',
  ],
  fish: [
    '# drover completion fish > ~/.config/fish/completions/drover.fish',
    'function __drover_complete',
    '  set -l words (commandline -opc) (commandline -ct)',
    '  drover __complete -- $words[2..-1] 2>/dev/null',
    'end',
    "complete -c drover -a '(__drover_complete)'",
  ],
};

export const completionCommand = (cli: Cli): Command =>
  command('completion', 'Print what a shell needs to complete commands, options and ids of swarms', [
    'completion bash > ~/.local/share/bash-completion/completions/drover',
    'completion zsh > ~/.zsh/completions/_drover',
    'completion fish > ~/.config/fish/completions/drover.fish',
  ])
    .addArgument(new Argument('<shell>', 'which one').choices([...SHELLS]))
    .action((shell: Shell) => print(cli, SCRIPTS[shell]));

/** From the folders alone: a server would be too slow for a key press. */
const swarmIds = async (cli: Cli): Promise<readonly string[]> => {
  const names = await readdir(cli.home.runsDirectory).catch((): string[] => []);
  return names.flatMap((name) =>
    name.startsWith('run-') && isSwarmId(name.slice(4)) ? [name.slice(4)] : [],
  );
};

const optionOf = (command: Command, word: string): Option | undefined =>
  command.options.find((option) => option.long === word || option.short === word);

const takesValue = (option: Option | undefined): boolean => option?.required === true;

/** What may come next, and what `word` is the beginning of. */
const candidates = async (cli: Cli, root: Command, words: readonly string[]): Promise<readonly string[]> => {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  let at = root;
  let place = 0;
  let waiting: Option | undefined;
  for (const word of before) {
    if (waiting !== undefined) waiting = undefined;
    else if (word.startsWith('-')) {
      const option = optionOf(at, word);
      if (takesValue(option)) waiting = option;
    } else {
      const child = at.commands.find((one) => one.name() === word);
      if (child === undefined) place += 1;
      else [at, place] = [child, 0];
    }
  }
  if (waiting !== undefined) return waiting.argChoices ?? (waiting.long === '--swarm' ? swarmIds(cli) : []);
  if (last.startsWith('-')) return [...at.options.map((option) => option.long ?? ''), '--help'];
  if (at.commands.length > 0)
    return at.commands.map((child) => child.name()).filter((name) => !name.startsWith('__'));
  const argument = at.registeredArguments[place];
  if (argument?.argChoices !== undefined) return argument.argChoices;
  return argument !== undefined && /swarm/.test(argument.name()) ? swarmIds(cli) : [];
};

/** Called by the scripts, with the words so far; the last one may be empty. */
export const completeCommand = (cli: Cli, root: Command): Command =>
  new Command('__complete')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: readonly string[]) => {
      const last = words.at(-1) ?? '';
      const found = await candidates(cli, root, words);
      print(
        cli,
        found.filter((one) => one !== '' && one.startsWith(last)),
      );
    });
