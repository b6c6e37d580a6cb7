import {apiPath} from '../../scopes/catalogue.ts'
import {tokenIn} from '../credential.ts'
import {eachLine, LONGEST_LINE} from '../lines.ts'
import {otherRequest} from '../reading.ts'
import type {Sink, InputText} from '../reading.ts'
import {shown} from '../safe.ts'
import type {Actor} from '../types.ts'
import {readLogLine} from './line.ts'
import type {LogLine} from './types.ts'

/** How a log was read: its lines, and those that were lines of a log. */
export interface LogRead {
  lines: number
  understood: number
}

/** Reads a log line by line, in memory that does not grow with it. */
export async function readLog({file, chunks, signal}: InputText, sink: Sink): Promise<LogRead> {
  const read = {lines: 0, understood: 0}
  await eachLine(
    chunks,
    (text, number) => {
      if (text.trim() === '') return
      read.lines++
      const line = readLogLine(text)
      if (!line) {
        const reason = text.length < LONGEST_LINE ? 'not a line of a log' : 'a line of more than 64 KB'
        const harmless = !text.includes('/api/')
        sink.notUnderstood({reason, text: shown(text, 60), source: {file, line: number}, count: 1, harmless})
        return
      }
      read.understood++
      if (line.kind === 'other') sink.passed(1)
      else request(line, {file, line: number}, sink)
    },
    signal,
  )
  return read
}

/** Puts one request where it belongs: a call of the API, or something else that the server was asked. */
export function request(
  {method, uri, status, actor, unfit}: Extract<LogLine, {kind: 'request'}>,
  source: {file: string; line: number | undefined},
  sink: Sink,
): void {
  const token = tokenIn(uri)
  const by: Actor = token === undefined ? actor : {...actor, token}
  const path = method === 'OPTIONS' ? undefined : pathIn(uri)
  if (path !== undefined) sink.call({method, path, count: 1, source, actor: by, ...(status !== undefined && {status})})
  // git asks without credentials first, and again when it is told to; so does whoever pulls an image.
  else if (status === 401 && !unfit) sink.passed(1)
  else sink.other(otherRequest(method, uri), by, status === 404 ? undefined : uri)
}

/** Whether a URI is the API's, behind a prefix of two segments at most: a file in a repository may have any path. */
const ROOT = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?\/*(?:[^/?#]+\/+){0,2}api\/+v1(?:[/?#]|$)/i
/** A path that needs no tidying. */
const PLAIN = /^\/api\/v1((?:\/[^/?#\s]+)+)(?:\?|$)/

function pathIn(uri: string): string | undefined {
  const plain = PLAIN.exec(uri)?.[1]
  if (plain !== undefined) return plain
  return ROOT.test(uri) ? apiPath(uri) : undefined
}
