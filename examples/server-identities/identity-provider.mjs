// Stands in for Keycloak, Auth0 and the like: it publishes its keys, and signs tokens for clients with a secret.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const { PORT = '4000' } = process.env;
/** Client credentials, and what their tokens may do. */
const CLIENTS = new Map([['ada:secret', { sub: 'ada', birdsong: { publish: ['chat.*'] } }]]);

const { privateKey, publicKey } = await generateKeyPair('ES256');
const kid = 'key-1';
const keys = [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }];

function signFor(client) {
  return new SignJWT(client)
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(`http://localhost:${server.address().port}`)
    .setAudience('birdsong')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
}

const server = createServer(({ url, headers }, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  const client = CLIENTS.get(Buffer.from(basic, 'base64').toString());
  if (url === '/certs') {
    answer(200, { keys });
  } else if (client === undefined) {
    answer(401, { error: 'invalid_client' });
  } else {
    signFor(client).then((token) => answer(200, { access_token: token, token_type: 'Bearer' }));
  }
});
server.listen(Number(PORT), () =>
  console.log(`JWT_JWKS_URL=http://localhost:${server.address().port}/certs`),
);
