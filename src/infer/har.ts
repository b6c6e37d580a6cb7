import {actorOf} from './credential.ts'
import {eachElement} from './json-elements.ts'
import {request} from './log/read.ts'
import type {Sink, InputText} from './reading.ts'
import {isRecord} from './shape.ts'
import type {Actor} from './types.ts'

/** How a HAR file was read: its entries, and why it stopped early, if it did. */
export interface HarRead {
  entries: number
  trouble: string | undefined
}

/** Reads the requests of a HAR file (version 1.2) one by one, in memory that does not grow with it. */
export async function readHar({file, chunks, signal}: InputText, sink: Sink): Promise<HarRead> {
  let entries = 0
  const onEntry = (entry: unknown, line: number): void => {
    entries++
    const source = {file, line}
    const asked = isRecord(entry) && isRecord(entry['request']) ? entry['request'] : {}
    const {method, url} = asked
    if (typeof method !== 'string' || !/^[A-Za-z]{3,10}$/.test(method) || typeof url !== 'string') {
      sink.notUnderstood({reason: 'a HAR entry without a request', text: `entry ${entries}`, source, count: 1})
      return
    }
    const answer = isRecord(entry) && isRecord(entry['response']) ? entry['response'] : {}
    const status = typeof answer['status'] === 'number' && answer['status'] > 0 ? answer['status'] : undefined
    request({kind: 'request', method: method.toUpperCase(), uri: url, status, actor: asker(asked)}, source, sink)
  }
  const ending = await eachElement(chunks, ['log', 'entries'], onEntry, signal)
  return {entries, trouble: TROUBLE[ending]}
}

const TROUBLE = {
  whole: undefined,
  torn: 'it breaks off in the middle',
  broken: 'it is no JSON, or not to its end',
  absent: 'it has no "log.entries"',
}

function asker(asked: Record<string, unknown>): Actor {
  const headers: unknown[] = Array.isArray(asked['headers']) ? asked['headers'] : []
  for (const header of headers) {
    if (!isRecord(header) || typeof header['name'] !== 'string' || typeof header['value'] !== 'string') continue
    if (header['name'].toLowerCase() === 'authorization') return actorOf(header['value'])
  }
  return {}
}
