import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Installs Python packages into a folder of their own, unless that has been done.
 * @returns the folder, for PYTHONPATH
 */
export async function pythonPackages(requirements: string): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(process.cwd(), 'build', `python-${hash}`);
  if (!existsSync(folder)) {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    try {
      await run('python3', [...pip, '--target', folder, '--requirement', requirements]);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
  return folder;
}
