// What the tests need beyond npm, from Debian's packages. Installs what is missing where it can
// (root, apt-get), otherwise says in one line what to install.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const directories = (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/usr/bin');
const found = (program) => directories.some((directory) => existsSync(`${directory}/${program}`));

const required = [
  { program: 'redis-server', debian: 'redis-server' },
  { program: 'chromium', debian: 'chromium' },
  { program: 'nginx', debian: 'nginx-light' },
  { program: 'openssl', debian: 'openssl' },
  { program: 'systemd-analyze', debian: 'systemd' },
  { program: 'python3', debian: 'python3' },
  { program: 'pip3', debian: 'python3-pip' },
];

const missing = () => required.filter(({ program }) => !found(program));
const packages = missing().map(({ debian }) => debian);

if (packages.length > 0) {
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Keeps these packages from starting services: the tests start their own servers.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    }).status === 0;

  if (found('apt-get') && process.getuid?.() === 0) {
    console.log(`The tests need ${packages.join(', ')}: installing with apt-get.`);
    void (apt('update') && apt('install', '-y', '--no-install-recommends', ...packages));
  }
  if (missing().length > 0) {
    const names = missing().map(({ debian }) => debian);
    console.error(`The tests need more programs: sudo apt-get install ${names.join(' ')}`);
    process.exit(1);
  }
}
