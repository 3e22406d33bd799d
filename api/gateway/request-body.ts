/** The body of a request, whole, with a limit. */
import type { IncomingMessage } from 'node:http';

export class BodyTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`The request has more than ${maxBytes} bytes`);
    this.name = 'BodyTooLarge';
  }
}

export const readBody = async (request: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw new BodyTooLarge(maxBytes);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw new BodyTooLarge(maxBytes);
    parts.push(part);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
};
