import {HOLE, type SyntaxNode} from '../../syntax/index.ts'

/** What is known only when the program runs; from which parameter of which function it comes, where it does. */
export interface Hole {
  name: string
  /** `joined`: with what all that is given from there on is put together. */
  param?: {of: SyntaxNode; name: string; member?: string; joined?: Value; fallback?: SyntaxNode | undefined}
}
export type ValuePart = string | Hole

/** One text that an expression may be, and the literals it is made of. */
export interface Value {
  parts: readonly ValuePart[]
  literals: readonly SyntaxNode[]
}

/** With a `HOLE` for each part that is not known. */
export function text(value: Value): string {
  return value.parts.map((part) => (typeof part === 'string' ? part : HOLE)).join('')
}

/** The names of what is not known, in order. */
export function holesOf(value: Value): string[] {
  return value.parts.filter((part): part is Hole => typeof part !== 'string').map(({name}) => name)
}

/** Values one behind the other. */
export function joined(values: readonly Value[]): Value {
  const parts: ValuePart[] = []
  for (const part of values.flatMap((value) => value.parts)) {
    const last = parts.at(-1)
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
    else if (part !== '') parts.push(part)
  }
  return {parts, literals: [...new Set(values.flatMap(({literals}) => literals))]}
}

/** No URL is longer; what grows beyond is a hole. */
export function isShort({parts}: Value): boolean {
  return parts.length <= 100 && parts.every((part) => typeof part !== 'string' || part.length <= 4000)
}

/** A path under a base: as a link if it replaces the base's own path where it begins with a slash. */
export function under(base: Value, path: Value, link: boolean): Value {
  const [head] = path.parts
  const literals = [...base.literals, ...path.literals]
  if (typeof head === 'string' && /^https?:/.test(head)) return {parts: path.parts, literals}
  if (link && typeof head === 'string' && head.startsWith('/'))
    return {parts: [{name: 'base'}, ...path.parts], literals}
  const front = withoutSlash(base)
  const slash = typeof head === 'string' && head.startsWith('/') ? [] : ['/']
  return {parts: [...front.parts, ...slash, ...path.parts], literals}
}

/** Without slashes at its end. */
export function withoutSlash(value: Value): Value {
  const last = value.parts.at(-1)
  return typeof last === 'string' ? {...value, parts: [...value.parts.slice(0, -1), last.replace(/\/+$/, '')]} : value
}

/** Each once. */
export function distinct(values: readonly Value[]): Value[] {
  if (values.length < 2) return [...values]
  const seen = new Set<string>()
  return values.filter((value) => {
    const key = JSON.stringify(
      value.parts.map((part) => (typeof part === 'string' ? part : [part.name, part.param?.name, part.param?.member])),
    )
    return !seen.has(key) && seen.add(key)
  })
}

const ESCAPES: Record<string, string> = {n: '\n', t: '\t', r: '\r', '0': '\0'}

/** What an escape sequence of a string stands for. */
export function unescaped(sequence: string): string {
  const code = /^\\(?:u\{?|x)([\da-fA-F]+)/.exec(sequence)?.[1]
  if (code) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff))
  return ESCAPES[sequence[1] ?? ''] ?? sequence.slice(1)
}
