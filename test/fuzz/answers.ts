export interface Answer {
  readonly status: number;
  /** Lower-case names; several of a name joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d)(?: [\x20-\x7e]*)?$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*$/;

/**
 * Reads HTTP/1.1 answers from a connection, strictly (RFC 9112): throws at the first byte that no answer may have
 * there. It shares nothing with Node's own parser.
 */
export class AnswerReader {
  readonly answers: Answer[] = [];
  private rest: Buffer = Buffer.alloc(0);
  /** The answer whose body ends with the connection. */
  private endless: { body: Buffer } | undefined;

  /** @param methods of the requests that are answered, in their order; beyond them, GET is assumed */
  constructor(private readonly methods: readonly string[]) {}

  /** Whether an answer has begun that is not complete. */
  get hasBegun(): boolean {
    return this.rest.length > 0;
  }

  /** The incomplete answer so far. */
  get begun(): string {
    return this.rest.toString('latin1');
  }

  push(chunk: Buffer): void {
    if (this.endless) {
      this.endless.body = Buffer.concat([this.endless.body, chunk]);
      return;
    }
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.takeAnswer());
  }

  private takeAnswer(): boolean {
    const end = this.rest.indexOf(HEAD_END);
    if (end === -1) {
      const begin = this.rest.subarray(0, 9).toString('latin1');
      if (!'HTTP/1.1 '.startsWith(begin) && !begin.startsWith('HTTP/1.1 ')) {
        throw new Error(`No answer begins like this: ${JSON.stringify(this.begun.slice(0, 200))}`);
      }
      return false;
    }
    const head = parseHead(this.rest.subarray(0, end).toString('latin1'));
    if (head.status < 200) {
      this.rest = this.rest.subarray(end + HEAD_END.length);
      return true;
    }
    const isBodiless =
      head.status === 204 || head.status === 304 || this.methods[this.answers.length] === 'HEAD';
    const bytes = this.rest.subarray(end + HEAD_END.length);
    const found = isBodiless ? { body: Buffer.alloc(0), end: 0 } : takeBody(head.headers, bytes);
    if (found === undefined) return false;
    const answer = { ...head, body: bytes };
    if (found === 'endless') {
      this.endless = answer;
      this.rest = Buffer.alloc(0);
    } else {
      answer.body = found.body;
      this.rest = bytes.subarray(found.end);
    }
    this.answers.push(answer);
    return found !== 'endless';
  }
}

function parseHead(text: string): Omit<Answer, 'body'> {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`No status line: ${JSON.stringify(statusLine)}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`No header: ${JSON.stringify(line)}`);
    }
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key] ?? ''}, ${value}` : value;
  }
  if ('content-length' in headers && 'transfer-encoding' in headers) {
    throw new Error('Both Content-Length and Transfer-Encoding');
  }
  return { status: Number(status), headers };
}

/** Nothing while it is not complete. */
function takeBody(
  headers: Answer['headers'],
  bytes: Buffer,
): { body: Buffer; end: number } | 'endless' | undefined {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes);
  const length = headers['content-length'];
  if (length === undefined) return 'endless';
  if (!/^\d+$/.test(length)) throw new Error(`No Content-Length: ${length}`);
  const end = Number(length);
  return bytes.length < end ? undefined : { body: bytes.subarray(0, end), end };
}

function takeChunks(bytes: Buffer): { body: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = bytes.subarray(at, lineEnd).toString('latin1');
    if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`No chunk size: ${JSON.stringify(size)}`);
    const start = lineEnd + 2;
    const end = start + parseInt(size, 16);
    if (bytes.length < end + 2) return undefined;
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') throw new Error('A chunk is too long');
    if (end === start) return { body: Buffer.concat(chunks), end: end + 2 };
    chunks.push(bytes.subarray(start, end));
    at = end + 2;
  }
}
