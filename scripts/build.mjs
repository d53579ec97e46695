// node scripts/build.mjs [FOLDER] Builds dist/: ES modules and the server by `nest build`, a CommonJS copy of what apps
// import, the page. With a FOLDER, the whole package is laid out and built there instead, so that no build replaces the
// dist/ of a running server.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFolder } from './swc.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = join(repository, process.argv[2] ?? '.');
const dist = join(folder, 'dist');

const run = (program, ...args) =>
  execFileSync(join(repository, 'node_modules/.bin', program), args, {
    cwd: repository,
    stdio: 'inherit',
  });

/** @returns the tsconfig that compiles into the folder's dist/ */
function layOut() {
  if (relative(repository, folder) === '') return 'tsconfig.build.json';
  rmSync(folder, { recursive: true, force: true });
  for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs']) {
    cpSync(join(repository, file), join(folder, file), { recursive: true });
  }
  const base = join(relative(folder, repository), 'tsconfig.build.json');
  const tsconfig = join(folder, 'tsconfig.json');
  writeFileSync(tsconfig, JSON.stringify({ extends: base, compilerOptions: { outDir: 'dist' } }));
  return relative(repository, tsconfig);
}

/** For CommonJS Jest and old tools, which cannot load ES modules: see docs/decisions/0013-package-formats.md. */
async function copyAsCommonJs() {
  const isForApps = (path) => !/^(cjs|server|main|bin|app\.module)\b/.test(path);
  const cjs = join(dist, 'cjs');
  await compileFolder(
    join(repository, 'src'),
    cjs,
    { module: { type: 'commonjs' }, sourceMaps: false },
    isForApps,
  );
  // The declarations and the Lua are the same in both formats.
  for (const path of readdirSync(dist, { recursive: true })) {
    if (/\.(d\.ts|lua)$/.test(path) && isForApps(path)) cpSync(join(dist, path), join(cjs, path));
  }
  writeFileSync(join(cjs, 'package.json'), JSON.stringify({ type: 'commonjs' }));
}

const tsconfig = layOut();
rmSync(dist, { recursive: true, force: true });
run('nest', 'build', '--path', tsconfig);
await copyAsCommonJs();
run('vite', 'build', 'web', '--logLevel', 'warn', '--outDir', join(dist, 'web'));
