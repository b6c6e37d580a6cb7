import {randomUUID} from 'node:crypto'
import type {AgentBehaviour} from '../types.ts'

type ReplyShape = NonNullable<AgentBehaviour['shape']>
type Result = Record<string, unknown>

/** Longer than what the platform's proxy passes on of an answer, by its own count. */
const HUGE = 10 * 1024 * 1024

/** The result of an agent's JSON-RPC answer, as agents of this kind form it. `question` is the message asked. */
export function resultOf(shape: ReplyShape, text: string, question: unknown): Result {
  switch (shape) {
    case 'task':
      return task('completed', {artifacts: artifactsOf(piecesOf(text)), history: [question]}, text)
    case 'artifacts':
      return task('completed', {artifacts: artifactsOf(piecesOf(text)), history: [question]})
    case 'pieces':
      return message(piecesOf(text))
    case 'twice':
      return task('completed', {artifacts: artifactsOf([text])}, `${text}\n\n${text}`)
    case 'differing':
      return task('completed', {artifacts: artifactsOf([text.replaceAll(/issues=\d+/g, 'issues=418')])}, text)
    case 'echo':
      return message([`You asked:\n${textOf(question)}\n`, text])
    case 'begun':
      return task('working', {history: [question]})
    case 'huge':
      return message([text, 'x'.repeat(HUGE)])
    default:
      return message([text])
  }
}

function message(texts: readonly string[]): Result {
  return {kind: 'message', role: 'agent', messageId: randomUUID(), parts: texts.map(part)}
}

/** As LangGraph-type agents answer: the whole text is in the status, the artifacts hold it as it was streamed. */
function task(state: string, more: Result, text?: string): Result {
  const said = text === undefined ? {} : {message: message([text])}
  return {kind: 'task', id: randomUUID(), contextId: randomUUID(), ...more, status: {state, ...said}}
}

function artifactsOf(pieces: readonly string[]): Result[] {
  return [{artifactId: randomUUID(), parts: pieces.map(part)}]
}

function part(text: string): Result {
  return {kind: 'text', text}
}

/** Pieces as a model streams them: they end within words. */
function piecesOf(text: string): string[] {
  return text.match(/.{1,5}/gs) ?? []
}

/** The text of a message. */
export function textOf(question: unknown): string {
  const parts = typeof question === 'object' && question !== null && 'parts' in question ? question.parts : undefined
  if (!Array.isArray(parts)) return ''
  return parts.map((each: {text?: unknown}) => (typeof each?.text === 'string' ? each.text : '')).join('\n')
}
