/**
 * Errors with their messages and stacks as a payload, so that they are encrypted like all else. Used instead of the
 * default one when there is a key: without one nobody could read them in Temporal's own pages.
 */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
