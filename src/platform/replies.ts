import {excerpt} from '../secret.ts'
import type {Said} from '../smoke/ports.ts'
import {field} from './shapes.ts'

/** Longer than any chatter around one line; what a proxy cuts off (platform: at 10 MiB) is longer still. */
const LONGEST_TEXT = 1024 * 1024
/** States in which an A2A task is still worked on. */
const OPEN_STATES: readonly unknown[] = ['submitted', 'working', 'input-required', 'auth-required']
const GIVEN_UP: readonly unknown[] = ['failed', 'canceled', 'rejected']

/**
 * What an agent's JSON-RPC answer says, in whichever shape: a message, a task (LangGraph: the whole text in its status,
 * pieces of words in its artifacts, the question in its history, which is not read), or what the activity list keeps of a
 * notice (platform: a mere text as result). All readings of it stand one after another: whoever looks for a line finds it
 * whether its pieces are to be joined with nothing or with line breaks. Undefined for what is neither a result nor an error.
 */
export function saidIn(body: unknown): Said | undefined {
  const error = field(body, 'error')
  if (isObject(error)) {
    const code = field(error, 'code')
    return {kind: 'rpc-error', code: typeof code === 'number' ? code : undefined}
  }
  const result = field(body, 'result')
  if (!isObject(result) && typeof result !== 'string') return undefined
  const text = typeof result === 'string' ? result : readingsOf(result)
  if (text.length > LONGEST_TEXT) {
    return {kind: 'unreadable', why: `it is ${Math.ceil(text.length / LONGEST_TEXT)} MB long`}
  }
  const state = field(field(result, 'status'), 'state')
  if (text === '' && OPEN_STATES.includes(state)) return {kind: 'begun'}
  if (text === '' && GIVEN_UP.includes(state)) {
    return {kind: 'unreadable', why: `it is a task that ended as ${excerpt(String(state), 20)}`}
  }
  return {kind: 'replied', text}
}

function readingsOf(result: object): string {
  const said = [field(result, 'parts'), field(field(field(result, 'status'), 'message'), 'parts')].map(textsIn)
  const pieces = listIn(field(result, 'artifacts')).flatMap((artifact) => textsIn(field(artifact, 'parts')))
  return [...new Set([...said, pieces].flatMap((texts) => [texts.join(''), texts.join('\n')]))]
    .filter((reading) => reading !== '')
    .join('\n')
}

function textsIn(parts: unknown): string[] {
  return listIn(parts).flatMap((part) => {
    const text = field(part, 'text')
    return field(part, 'kind') === 'text' && typeof text === 'string' ? [text] : []
  })
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
