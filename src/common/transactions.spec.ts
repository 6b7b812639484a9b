import { QueryFailedError } from 'typeorm';
import { isDatabaseAway, isLostRace } from './transactions';

function failure(code: string): Error {
  return new QueryFailedError('SELECT 1', [], Object.assign(new Error(code), { code }));
}

describe('a failed statement', () => {
  it.each([
    ['the server is gone', 'ECONNREFUSED', { away: true, lostRace: false }],
    ['the node has no cluster, or is not up to date', 'ER_UNKNOWN_COM_ERROR', { away: true, lostRace: false }],
    ['another node wrote the same rows first', 'ER_LOCK_DEADLOCK', { away: true, lostRace: true }],
    ['a unique key is taken', 'ER_DUP_ENTRY', { away: false, lostRace: true }],
    ['the statement is wrong', 'ER_PARSE_ERROR', { away: false, lostRace: false }],
  ])('because %s: away and worth another run as expected', (_why, code, { away, lostRace }) => {
    expect(isDatabaseAway(failure(code))).toBe(away);
    expect(isLostRace(failure(code))).toBe(lostRace);
  });
});
