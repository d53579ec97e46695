// A login of one's own beside the stand-alone server: it signs a token and sets it as a cookie. On localhost, both have
// the same cookies although their ports differ; elsewhere, put both behind one name.
import { createServer } from 'node:http';
import { SignJWT } from 'jose';

const { PORT = '4000', JWT_SECRET = '', BIRDSONG_URL = 'http://localhost:3000' } = process.env;
/** A real login has them in a database, hashed. */
const PASSWORDS = new Map([['ada', 'lovelace']]);

const page = `<!doctype html><meta charset="utf-8"><title>Own login</title>
<form><input name="user" value="ada"><input name="password" type="password"><button>Sign in</button></form>
<pre></pre>
<script type="module">
  const out = document.querySelector('pre');
  document.querySelector('form').onsubmit = async (event) => {
    event.preventDefault();
    const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
    out.append((await fetch('/login', { method: 'POST', body })).status + '\\n');
    const events = new EventSource('${BIRDSONG_URL}/channels/user.ada/events', { withCredentials: true });
    events.onopen = () => out.append('listening to user.ada\\n');
    events.onmessage = ({ data }) => out.append(data + '\\n');
  };
</script>`;

async function signIn(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { user, password } = JSON.parse(body);
  if (!PASSWORDS.has(user) || PASSWORDS.get(user) !== password) return undefined;
  return new SignJWT({ birdsong: { subscribe: ['chat.*'], publish: ['chat.*'] } })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(JWT_SECRET));
}

const server = createServer((request, response) => {
  if (request.url !== '/login') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
    return;
  }
  signIn(request).then(
    (token) => {
      // Add `Secure` where the login is served over HTTPS.
      const cookie = `session=${token}; Max-Age=3600; HttpOnly; SameSite=Lax; Path=/`;
      response.writeHead(token ? 204 : 401, token && { 'Set-Cookie': cookie }).end();
    },
    () => response.writeHead(400).end(),
  );
});
server.listen(Number(PORT), () =>
  console.log(`Sign in at http://localhost:${server.address().port}`),
);
