/** The login link for the browser: a code that is good for minutes becomes a cookie that no script can read. */
import { Router, type Response } from 'express';
import { isLoginCode, LOGIN_CODE_MINUTES, sessionValue, SESSION_SECONDS } from '../token.ts';
import { hostRefusal, type GuardRules } from './guard.ts';

const page = (response: Response, status: number, title: string, body: string): void => {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/sign-in.css">
<main><img src="/favicon.svg" alt="">${body}</main></html>`,
    );
};

export const signIn = (rules: GuardRules): Router => {
  const router = Router();
  router.get('/login', (request, response) => {
    const { code } = request.query;
    const refused = hostRefusal({ headers: request.headers }, rules);
    const now = Date.now();
    if (refused !== undefined || typeof code !== 'string' || !isLoginCode(rules.token, code, now)) {
      page(
        response,
        403,
        'Drover',
        `<h1>This link is not valid any more</h1><p>A link signs in for ${LOGIN_CODE_MINUTES} minutes. Run <code>drover up</code> again and open the one that it prints; services that run stay as they are.</p>`,
      );
      return;
    }
    response.cookie(rules.cookie, sessionValue(rules.token, now), {
      httpOnly: true,
      sameSite: 'strict',
      secure: request.secure,
      path: '/',
      maxAge: SESSION_SECONDS * 1_000,
      encode: String,
    });
    // Not a redirect: a strict cookie would not be sent along with one that another program started.
    page(
      response,
      200,
      'Drover',
      '<meta http-equiv="refresh" content="0;url=/"><p><a href="/">Go to Drover</a></p>',
    );
  });
  return router;
};
