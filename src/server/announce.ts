/**
 * Writes a line whatever the log level: to stdout, or to stderr if it is a warning or an error. With `LOG_FORMAT=json` it
 * has the form of the log. It reads the variable itself, because it also says why the environment could not be read.
 */
export function announce(level: 'log' | 'warn' | 'error', message: string): void {
  const isJson = process.env['LOG_FORMAT'] === 'json';
  const entry = { level, pid: process.pid, timestamp: Date.now(), message, context: 'Birdsong' };
  const line = isJson ? JSON.stringify(entry) : message;
  (level === 'log' ? process.stdout : process.stderr).write(`${line}\n`);
}
