import { principalOf } from './principal';
import type { Identity } from './token/judge.rules';

const USER: Identity = {
  ...{ kind: 'identity', appId: 'app', tenantId: 'tenant', objectId: 'object', name: 'A. Person', roles: ['Viewer'] },
  appOnly: false,
};

describe('who makes a request', () => {
  it('is the user of a token, or its application where it speaks for itself', () => {
    expect(principalOf(USER)).toMatchObject({ kind: 'user', id: 'object', appId: 'app', name: 'A. Person' });
    expect(principalOf({ ...USER, appOnly: true, name: null })).toMatchObject({
      kind: 'application',
      id: 'app',
      name: null,
    });
  });

  it.each(['eyJhbGciOiJub25lIn0.eyJ4IjoieSJ9.c2ln', 'Bearer abcdefgh12345678'])(
    'is told of without the token %s',
    (text) => {
      const { id, name } = principalOf({ ...USER, objectId: text, name: text });
      for (const told of [id, name]) expect(told).not.toMatch(/eyJ4|abcdefgh/);
    },
  );
});
