// What each folder may import, beside itself. A folder that is not listed may import nothing and be imported by nobody:
// a new one has to be placed here. docs/architecture.md says what each of them holds.
const ALLOWED = {
  protocol: [],
  concurrency: ['errors'],
  errors: ['protocol'],
  channels: ['errors', 'protocol'],
  config: ['broker', 'channels'],
  http: ['channels', 'concurrency', 'config', 'errors', 'protocol'],
  access: ['channels', 'concurrency', 'config', 'errors', 'http', 'protocol'],
  tokens: ['access', 'channels', 'errors', 'protocol'],
  events: ['channels', 'protocol'],
  broker: ['channels', 'concurrency', 'errors', 'protocol'],
  'engines/memory': ['broker', 'config', 'protocol'],
  'engines/redis': ['broker', 'concurrency', 'config', 'errors', 'protocol'],
  publishing: ['access', 'broker', 'channels', 'config', 'errors', 'events', 'http', 'protocol'],
  delivery: [
    'access',
    'broker',
    'channels',
    'concurrency',
    'config',
    'errors',
    'events',
    'protocol',
  ],
  streams: [
    'concurrency',
    'access',
    'broker',
    'channels',
    'config',
    'delivery',
    'errors',
    'events',
    'http',
    'protocol',
  ],
  moderation: [
    'access',
    'broker',
    'channels',
    'config',
    'errors',
    'http',
    'protocol',
    'publishing',
  ],
  history: [
    'access',
    'broker',
    'channels',
    'concurrency',
    'config',
    'delivery',
    'errors',
    'http',
    'protocol',
  ],
  rights: [
    'access',
    'broker',
    'channels',
    'concurrency',
    'config',
    'errors',
    'history',
    'protocol',
    'streams',
  ],
  lifecycle: ['concurrency', 'config', 'history', 'streams'],
  'server/hardening': ['concurrency', 'delivery', 'errors', 'http', 'server'],
  testing: ['broker', 'protocol'],
  server: [
    'access',
    'birdsong.service.ts',
    'broker',
    'channels',
    'concurrency',
    'config',
    'delivery',
    'errors',
    'http',
    'rights',
    'streams',
    'tokens',
  ],
};

const SERVER = '^src/(server/|(main|bin|app\\.module)\\.ts$)';
const folders = Object.keys(ALLOWED);
const partOf = (name) => (name.endsWith('.ts') ? `${name.replaceAll('.', '\\.')}$` : `${name}/`);
const pathOf = (names) => `^src/(${names.map(partOf).join('|')})`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every-folder-has-its-place',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: pathOf(folders) },
      to: {},
    },
    ...Object.entries(ALLOWED).map(([folder, allowed]) => ({
      name: `what-${folder.replace('/', '-')}-may-import`,
      severity: 'error',
      from: { path: pathOf([folder]) },
      to: { path: '^src/', pathNot: pathOf([folder, ...allowed]) },
    })),
    {
      name: 'only-the-server-imports-the-server',
      severity: 'error',
      from: { path: '^src/', pathNot: SERVER },
      to: { path: SERVER },
    },
    {
      name: 'bench-measures-from-outside',
      severity: 'error',
      from: { path: '^bench/' },
      to: {
        path: '^(src|test)/',
        pathNot: '^(src/(index|tokens|main)\\.ts$|src/protocol/|test/harness/)',
      },
    },
    {
      name: 'web-imports-no-node-and-no-nest',
      severity: 'error',
      from: { path: '^web/src' },
      to: {
        path: ['^src/', '@nestjs'],
        pathNot: '^src/protocol/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'web-imports-no-node-core',
      severity: 'error',
      from: { path: '^web/src' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        // An optional peer is installed here as a development dependency.
        dependencyTypesNot: ['npm-peer'],
      },
    },
    {
      name: 'only-the-server-needs-an-adapter',
      severity: 'error',
      from: { path: '^src/', pathNot: SERVER },
      to: { path: '@nestjs/platform-' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default', 'types'],
    },
  },
};
