import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'

/** How a process fared that inferred from so much of a text. */
export interface Inferred {
  /** Bytes of the heap in use at most, after garbage collections. */
  heap: number
  /** The same with buffers, which Node gives back when it likes. */
  memory: number
  /** Or lines, where that was all. */
  calls: number
  /** Processor time. */
  seconds: number
}

/** Pipes text, piece by piece, until so many bytes are reached, then an end, into a process that infers from it. */
export async function inferredFrom(
  pieces: {begin?: string; piece: (index: number) => string; end?: string},
  bytes: number,
  how: 'infer' | 'lines' = 'infer',
): Promise<Inferred> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'infer-child.ts'), how], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  let text = pieces.begin ?? ''
  for (let [index, sent] = [0, 0]; sent < bytes; index++) {
    text += pieces.piece(index)
    if (text.length < 256 * 1024) continue
    sent += text.length
    if (!child.stdin.write(text)) await once(child.stdin, 'drain')
    text = ''
  }
  child.stdin.end(text + (pieces.end ?? ''))
  await ended
  return JSON.parse(output)
}

const USERS = 3000
const PATHS = [
  (n: number) => `GET /api/v1/repos/o/r-${n}/issues?state=open&page=${n}`,
  (n: number) => `POST /api/v1/repos/o/r/issues/${n}/comments`,
  (n: number) => `GET /api/v1/user?token=${'a'.repeat(30)}${String(n).padStart(10, '0')}`,
  (n: number) => `GET /o/r/src/branch/main/file-${n}.go`,
  (n: number) => `GET /api/v1/made/up/thing-${n}`,
]

/** A line of an access log; hardly any two are alike, nor are their users and what they ask for. */
export function accessLogLine(index: number): string {
  const request = PATHS[index % PATHS.length]!(index)
  // What is kept of a line must not hold on to the rest of it.
  const agent = index % 50 === 0 ? 'x'.repeat(20_000) : ''
  const user = `agent-${(index * 7919) % USERS}`
  return `10.0.0.1 - ${user} [22/Nov/2026:05:33:22 +0000] "${request} HTTP/1.1" 200 512 "" "an agent/${index}${agent}"\n`
}

/** An entry of a HAR file whose answer is some 100 KB. */
export function harEntry(index: number): string {
  const request = {method: 'GET', url: `https://git.example.com/api/v1/repos/o/r-${index}/pulls`, headers: []}
  const entry = {request, response: {status: 200, content: {text: `"${index}" \\`.repeat(10_000)}}}
  return `${index === 0 ? '' : ',\n'}${JSON.stringify(entry)}`
}
