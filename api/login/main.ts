/** Entry: prints a code for the link `/login?code=…`, good for some minutes, where no `drover up` prints the link. */
import { readSecretFiles } from '../../workers/secret-files.ts';
import { readApiSettings, SECRET_VARIABLES } from '../server/settings.ts';
import { apiToken, loginCode } from '../token.ts';

const { settings, problems } = readApiSettings({
  ...process.env,
  ...(await readSecretFiles(process.env, SECRET_VARIABLES)),
});
if (settings === undefined) {
  for (const problem of problems) console.error(problem);
  process.exit(2);
}
console.log(loginCode(settings.token ?? (await apiToken(settings.home)), Date.now()));
