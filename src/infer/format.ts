import {extname} from 'node:path'
import type {InputFormat} from './formats.ts'
import {readLogLine} from './log/line.ts'
import {isRecipe} from './recipes.ts'
import {isRecord} from './shape.ts'

/** What the beginning of an input shows: a format, or why there is none. */
export type Recognised =
  | {format: InputFormat}
  /** JSON or YAML that is read whole before it is known. */
  | {format: 'document'}
  | {format: undefined; reason: 'empty' | 'utf-16' | 'binary' | 'unknown'}

const EXTENSIONS: readonly (readonly [InputFormat | 'document', RegExp])[] = [
  ['log', /^\.log$/],
  ['har', /^\.har$/],
  ['shell', /^\.(?:ba|z|k)?sh$/],
  ['typescript', /^\.(?:[mc]?ts|tsx)$/],
  ['javascript', /^\.(?:[mc]?js|jsx)$/],
  ['python', /^\.py$/],
  ['go', /^\.go$/],
  ['terraform', /^\.(?:tf|tofu)$/],
  ['document', /^\.ya?ml$/],
]
const SHEBANG = /^#!\s*\S*?(?:\/|\s)(?:env\s+(?:-S\s+)?)?(bash|sh|zsh|ksh|dash|python[\d.]*|node|deno|bun)\b/
/** How many lines may pass before one of a log is met. */
const PATIENCE = 50

/** Tells what an input is, by its name where that says it (a `.gz` at its end aside), else by how it begins. */
export function recognise(name: string, head: Buffer): Recognised {
  if (head.length === 0) return {format: undefined, reason: 'empty'}
  // What PowerShell writes with `>`.
  if (/^(?:fffe|feff)/.test(head.toString('hex', 0, 2))) return {format: undefined, reason: 'utf-16'}
  if (head.subarray(0, 8192).includes(0)) return {format: undefined, reason: 'binary'}
  const extension = extname(name.replace(/\.gz$/i, '')).toLowerCase()
  const known = EXTENSIONS.find(([, pattern]) => pattern.test(extension))
  if (known) return {format: known[0]}
  if (isRecipe(name)) return {format: 'shell'}
  const text = head.toString('utf8').replace(/^\uFEFF/, '')
  if (text.trim() === '') return {format: undefined, reason: 'empty'}
  const interpreter = SHEBANG.exec(text)?.[1]
  if (interpreter !== undefined) return {format: languageOf(interpreter)}
  const lines = text.split('\n', PATIENCE)
  if (/^\s*[[{]/.test(text)) return json(text, lines[0] ?? '')
  if (/^(?:---\s+)?["']?(?:swagger|openapi)["']?\s*:/m.test(text)) return {format: 'document'}
  return lines.some((line) => readLogLine(line)) ? {format: 'log'} : {format: undefined, reason: 'unknown'}
}

/** JSON is a log where its first line is an object by itself, unless that one object is a document. */
function json(text: string, firstLine: string): Recognised {
  const whole = parsed(firstLine)
  const isDocument = !isRecord(whole) || ['tools', 'result', 'swagger', 'openapi', 'paths'].some((key) => key in whole)
  if (isRecord(whole) && !isDocument && !(isRecord(whole['log']) && 'entries' in whole['log'])) return {format: 'log'}
  return /"log"\s*:\s*\{/.test(text) && /"(?:entries|creator|pages)"\s*:/.test(text)
    ? {format: 'har'}
    : {format: 'document'}
}

function languageOf(interpreter: string): InputFormat {
  if (interpreter.startsWith('python')) return 'python'
  return ['node', 'deno', 'bun'].includes(interpreter) ? 'javascript' : 'shell'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
