/** What an activity throws when its signal was aborted before it was done. */
import { ApplicationFailure, CancelledFailure, type Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';

/**
 * Only a requested cancellation ends the work. A worker that shuts down, a pause or a lost heartbeat ends one try:
 * the server would take a CancelledFailure for the end and never try again.
 */
export const interruption = (context: Context): Error =>
  context.cancellationDetails?.cancelRequested === true
    ? new CancelledFailure('CANCELLED')
    : ApplicationFailure.create({
        type: 'unavailable',
        message: 'This worker stopped in the middle; the next try goes on',
        nonRetryable: false,
        category: ApplicationFailureCategory.BENIGN,
      });
