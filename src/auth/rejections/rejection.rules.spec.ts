import fc from 'fast-check';
import { refused } from '../refusal';
import { rejectionOf } from './rejection.rules';

const GUID = 'AAAABBBB-0000-4000-8000-DDDD2222EEEE';
const call = { requestId: 'r', method: 'POST', url: '/x?token=secret', remoteAddress: '::1' };
const rejection = (claims: Record<string, unknown>) =>
  rejectionOf({ call, claims, refusal: refused('bad_signature', 'it is'), verified: false });

describe('rejectionOf', () => {
  it('keeps ids in lower case, and the path without its query', () => {
    const ids = { appId: GUID.toLowerCase(), objectId: GUID.toLowerCase(), tenantId: GUID.toLowerCase() };
    expect(rejection({ azp: GUID, oid: GUID, tid: GUID })).toMatchObject({ ...ids, path: '/x' });
  });

  it.each([
    [{ ver: '1.0', appid: 'one', azp: 'two' }, 'one'],
    [{ ver: '2.0', appid: 'one', azp: 'two' }, 'two'],
    [{ appid: 'one' }, 'one'],
    [{ azp: 7 }, null],
  ])('of %j keeps the application id %j', (claims, appId) => {
    expect(rejection(claims).appId).toBe(appId);
  });

  it('makes ids that fit their columns of any text, also of one that grows in lower case', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant('\u0130'.repeat(64)));
    fc.assert(
      fc.property(text, (id) => {
        const { appId, objectId, tenantId } = rejection({ azp: id, oid: id, tid: id });
        for (const kept of [appId, objectId, tenantId]) expect(kept?.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
