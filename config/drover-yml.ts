/** Reads `drover.yml`: text in, checked settings or every problem with its line out. */
import { configWarning, type ConfigProblem } from './problem.ts';
import { schemaProblems } from './schema-issues.ts';
import { droverFile, type DroverFile } from './schema.ts';
import { readYaml, type YamlText } from './yaml-text.ts';

const MAX_BYTES = 1_048_576;

export interface ReadDroverFile {
  /** Absent when there is an error. */
  readonly file?: DroverFile;
  readonly problems: readonly ConfigProblem[];
}

/** Names that nobody gives to what is not a secret. */
const SECRET_NAME = /(^|_)(API_?KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?)$/i;

/** What is allowed and yet probably not meant. */
const secretWarnings = (file: DroverFile, source: string, locate: YamlText['locate']): ConfigProblem[] =>
  Object.keys(file.workspace?.env ?? {})
    .filter((name) => SECRET_NAME.test(name))
    .map((name) =>
      configWarning(
        source,
        `"workspace.env.${name}" looks like a secret, and settings are stored with the swarm; set it in the environment and name it in "workspace.passEnv"`,
        locate(['workspace', 'env', name], 'key'),
      ),
    );

/** Checks a value that is already plain, as from flags. */
export const checkDroverFile = (
  value: unknown,
  source: string,
  locate: YamlText['locate'] = () => undefined,
): ReadDroverFile => {
  // An empty file is a file without settings.
  const given = value ?? {};
  const parsed = droverFile.safeParse(given);
  return parsed.success
    ? { file: parsed.data, problems: secretWarnings(parsed.data, source, locate) }
    : { problems: schemaProblems(parsed.error.issues, { source, value: given, locate }) };
};

/** @param source path of the file, as it is shown to the person */
export const readDroverFile = (text: string, source: string): ReadDroverFile => {
  const { value, problems, locate } = readYaml(text, { source, maxBytes: MAX_BYTES });
  return problems.length > 0 ? { problems } : checkDroverFile(value, source, locate);
};
