/** Project templates of a repository's `drover.yml`. */
import { readDroverFile } from '../config/drover-yml.ts';
import { isError, problemLine } from '../config/problem.ts';
import type { ProjectTemplate } from '../config/templates.ts';
import { DroverFailure } from '../domain/failures.ts';
import { clip, plainLine } from '../domain/text.ts';
import { droverYml } from './start-request.ts';

type Templates = Readonly<Record<string, ProjectTemplate>>;

/** @throws DroverFailure `invalidInput` when the file cannot be used */
export const projectTemplates = async (repository: string): Promise<Templates> => {
  const found = await droverYml(repository);
  if (found === undefined) return {};
  const { file, problems } = readDroverFile(found.text, found.path);
  if (file === undefined)
    throw new DroverFailure('invalidInput', problems.filter(isError).map(problemLine).join('\n'), {
      hint: `correct ${found.path}`,
    });
  return file.templates ?? {};
};

/** @throws DroverFailure `notFound` with those that there are */
export const projectTemplate = async (repository: string, name: string): Promise<ProjectTemplate> => {
  const templates = await projectTemplates(repository);
  const template = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (template !== undefined) return template;
  const names = Object.keys(templates);
  throw new DroverFailure(
    'notFound',
    `The drover.yml of ${repository} has no template "${clip(plainLine(name), 60)}"`,
    {
      hint: names.length === 0 ? 'docs/configuration.md shows how to add one' : `it has ${names.join(', ')}`,
    },
  );
};
