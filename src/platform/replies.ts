import {excerpt} from '../secret.ts'
import type {AgentSaid} from '../smoke/ports.ts'
import {field} from './shapes.ts'

/** Longer than any chatter around one line; what a proxy cuts off (platform: at 10 MiB) is longer still. */
const LONGEST_TEXT = 1024 * 1024
/** States in which an A2A task is still worked on. */
const OPEN_STATES: readonly string[] = ['submitted', 'working', 'input-required', 'auth-required']
const GIVEN_UP: readonly string[] = ['failed', 'canceled', 'rejected']

/**
 * What an agent's JSON-RPC answer says, in whichever shape: a message, a task (LangGraph: the whole text in its status,
 * pieces of words in its artifacts, the question in its history, which is not read), or what the activity list keeps of a
 * notice (platform: a mere text as result); as A2A 0.1 to 1.0 write them. All readings of it stand one after another: whoever looks for a line finds it
 * whether its pieces are to be joined with nothing or with line breaks. Undefined for what is neither a result nor an error.
 */
export function saidIn(body: unknown): AgentSaid | undefined {
  const error = field(body, 'error')
  if (isObject(error)) {
    const code = field(error, 'code')
    return {kind: 'rpc-error', code: typeof code === 'number' ? code : undefined}
  }
  const result = unwrapped(field(body, 'result'))
  if (!isObject(result) && typeof result !== 'string') return undefined
  const shapes = typeof result === 'string' ? [[result]] : shapesOf(result)
  const length = Math.max(...shapes.map((texts) => texts.join('').length))
  if (length > LONGEST_TEXT) return {kind: 'unreadable', why: `it is ${Math.ceil(length / LONGEST_TEXT)} MB long`}
  const text = readingsOf(shapes)
  const state = stateOf(result)
  if (OPEN_STATES.includes(state)) return text === '' ? {kind: 'begun'} : {kind: 'replied', text, meanwhile: true}
  if (text === '' && GIVEN_UP.includes(state)) {
    return {kind: 'unreadable', why: `it is a task that ended as ${excerpt(state, 20)}`}
  }
  return {kind: 'replied', text}
}

/** A2A 1.0 names what a result is by its only member; before that it bears its `kind`. */
function unwrapped(result: unknown): unknown {
  return [field(result, 'task'), field(result, 'message')].find(isObject) ?? result
}

/** As A2A 0.1 to 0.3 spell it; 1.0 has `TASK_STATE_INPUT_REQUIRED` for `input-required`. */
function stateOf(result: unknown): string {
  const state = field(field(result, 'status'), 'state')
  if (typeof state !== 'string') return ''
  return state.startsWith('TASK_STATE_') ? state.slice('TASK_STATE_'.length).toLowerCase().replaceAll('_', '-') : state
}

/** The texts of each place where it may say the same. */
function shapesOf(result: object): string[][] {
  const said = [field(result, 'parts'), field(field(field(result, 'status'), 'message'), 'parts')].map(textsIn)
  const pieces = listIn(field(result, 'artifacts')).flatMap((artifact) => textsIn(field(artifact, 'parts')))
  return [...said, pieces]
}

function readingsOf(shapes: string[][]): string {
  return [...new Set(shapes.flatMap((texts) => [texts.join(''), texts.join('\n')]))]
    .filter((reading) => reading !== '')
    .join('\n')
}

/** A part of text bears `kind` (A2A 0.2, 0.3), `type` (0.1) or, where it has nothing but a text, neither (1.0). */
function textsIn(parts: unknown): string[] {
  return listIn(parts).flatMap((part) => {
    const [text, kind] = [field(part, 'text'), field(part, 'kind') ?? field(part, 'type') ?? 'text']
    return kind === 'text' && typeof text === 'string' ? [text] : []
  })
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
