import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { rootCertificates } from 'node:tls';
import { KeySetError } from './key-set.rules';

const MAX_BYTES = 512 * 1_024;

/** Reads a JSON document; `deadline` ends it wherever it is. */
export type FetchJson = (url: string, deadline: AbortSignal) => Promise<unknown>;

/**
 * Over https only, status 200 only (so no redirects), at most 512 KB. `ca` is the PEM of a CA to trust besides the public
 * ones. No connection is kept: the documents are read twice an hour.
 */
export function jsonFetcher(ca: string | null): FetchJson {
  const agent = new Agent(ca === null ? {} : { ca: [...rootCertificates, ca] });
  return async (url, deadline) => {
    if (!url.startsWith('https://')) throw new KeySetError('not an https URL');
    return parse(await read(url, { agent, deadline }));
  };
}

function read(url: string, { agent, deadline }: { agent: Agent; deadline: AbortSignal }): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, signal: deadline, headers: { accept: 'application/json' } });
    const fail = (error: Error): void => {
      reject(deadline.aborted ? new KeySetError('no answer in time') : error);
      outgoing.destroy();
    };
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      response.on('error', fail);
      if (response.statusCode !== 200) fail(new KeySetError(`status ${response.statusCode ?? 0}`));
      else collect(response, { resolve, fail });
    });
    outgoing.end();
  });
}

function collect(
  response: IncomingMessage,
  { resolve, fail }: { resolve: (text: string) => void; fail: (error: Error) => void },
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) fail(new KeySetError(`a document of more than ${MAX_BYTES} bytes`));
  });
  response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new KeySetError('a document that is not JSON');
  }
}
