// The folders tell the walk of a message; imports go one way along it:
// errors <- policies <- options <- auth <- messages <- broker <- redis <- channels <- streams
// <- birdsong.module <- server
const order = [
  'errors',
  'policies',
  'options',
  'auth',
  'messages',
  'broker',
  'redis',
  'channels',
  'streams',
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...order.slice(0, -1).map((folder, index) => ({
      name: `${folder}-knows-nothing-of-what-comes-after-it`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: `^src/(${order.slice(index + 1).join('|')})/` },
    })),
    {
      name: 'folders-do-not-import-the-composition-root',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/server/' },
      to: { path: '^src/([^/]+\\.ts$|server/)' },
    },
    {
      name: 'only-the-server-imports-the-server',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(server/|main\\.ts$|app\\.module\\.ts$)' },
      to: { path: '^src/(server/|main\\.ts$|app\\.module\\.ts$)' },
    },
    {
      name: 'web-imports-no-node-and-no-nest',
      severity: 'error',
      from: { path: '^web/src' },
      to: { path: ['^src/', '@nestjs'], dependencyTypesNot: ['type-only'] },
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
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
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
