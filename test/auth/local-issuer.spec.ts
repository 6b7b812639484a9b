import { X509Certificate } from 'node:crypto';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';
import { LocalIssuer } from '../../demo/issuer';

const TENANT = 'aaaabbbb-0000-4000-8000-dddd2222eeee';
const APP = { appId: '461e8683-5575-4561-ac7f-899cc907d62a', secret: 'a demo secret', roles: ['Viewer'] };

describe('the local issuer', () => {
  let issuer: LocalIssuer;
  let dispatcher: Agent;

  beforeAll(async () => {
    issuer = await LocalIssuer.start({ tenantId: TENANT, apps: [APP] });
    dispatcher = new Agent({ connect: { ca: issuer.caPem } });
  });
  afterAll(async () => {
    await dispatcher.close();
    await issuer.close();
  });

  async function askForToken(form: Record<string, string>) {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: APP.appId, ...form });
    const url = `${issuer.url}/${TENANT}/oauth2/v2.0/token`;
    const answer = await fetch(url, { method: 'POST', body, dispatcher });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }

  it('shows a certificate that its own CA vouches for', () => {
    const ca = new X509Certificate(issuer.caPem);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
  });

  it.each([1, 2] as const)(
    'publishes version %i metadata at the path of Entra, with its issuer and keys',
    async (version) => {
      const path = version === 1 ? '' : '/v2.0';
      const answer = await fetch(`${issuer.url}/${TENANT}${path}/.well-known/openid-configuration`, { dispatcher });
      const metadata = (await answer.json()) as { issuer: string; jwks_uri: string };
      const keys = createRemoteJWKSet(new URL(metadata.jwks_uri), {
        [customFetch]: (url: string) => fetch(url, { dispatcher }),
      });
      const { payload } = await jwtVerify(issuer.mint({ version }), keys, { issuer: metadata.issuer });
      expect(payload).toMatchObject({ tid: TENANT, ver: `${version}.0` });
    },
  );

  it('gives a token with the roles of the app for its secret', async () => {
    const { status, body } = await askForToken({ client_secret: APP.secret, scope: 'api://secure-export/.default' });
    expect(status).toBe(200);
    const claims = JSON.parse(Buffer.from(body.access_token?.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ azp: APP.appId, roles: ['Viewer'], aud: issuer.resource.clientId });
  });

  it.each([
    [{ client_secret: 'wrong', scope: 'api://secure-export/.default' }, 401, 'invalid_client'],
    [{ client_secret: APP.secret, client_id: 'someone else' }, 401, 'invalid_client'],
    [{ client_secret: APP.secret, scope: 'api://other/.default' }, 400, 'invalid_scope'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('refuses %j with %i %s', async (form, status, error) => {
    expect(await askForToken(form as Record<string, string>)).toMatchObject({ status, body: { error } });
  });

  it('refuses to start in production', async () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      await expect(LocalIssuer.start({ tenantId: TENANT })).rejects.toThrow('production');
    } finally {
      process.env.NODE_ENV = before;
    }
  });
});
