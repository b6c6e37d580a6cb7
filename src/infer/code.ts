import {basename} from 'node:path'
import {readable} from '../scopes/catalogue.ts'
import type {SyntaxNode} from '../syntax/index.ts'
import {REASONS} from './code/api-path.ts'
import {walk} from './code/bindings.ts'
import {calleeOf} from './code/calls.ts'
import {programOf} from './code/program.ts'
import {findRequests, type RequestSink} from './code/requests.ts'
import {SAYS} from './code/roles.ts'
import {findSdkCalls} from './code/sdk.ts'
import {findInShell} from './code/shell.ts'
import {wholeScripts, type ScriptFile} from './code/sourced.ts'
import {findInTerraform} from './code/terraform.ts'
import {programsOf, resolver, type Resolve, type Source} from './code/sources.ts'
import {shown} from './safe.ts'
import type {CallSource, FoundCall, Findings, NotUnderstood} from './types.ts'

export type CodeLanguage = 'shell' | 'terraform' | 'typescript' | 'javascript' | 'python' | 'go'

/** A file of source code. */
export interface CodeFile {
  language: CodeLanguage
  text: string
  file: string
}

/**
 * Finds the calls of Gitea's API that programs make, without running them: literal paths wherever a request uses them,
 * put together from constants, templates and what their own functions are given; and the calls of Gitea's SDKs. Clients,
 * constants and functions are followed from file to file. Whatever speaks of the API and cannot be told is in
 * `notUnderstood`, without anything that looks like a secret. Never throws over a text.
 */
export async function callsInCode(files: readonly CodeFile[]): Promise<Findings> {
  const gathered = new Gathered()
  const sources = files.flatMap(({language, ...rest}) =>
    language === 'shell' || language === 'terraform' ? [] : [{...rest, language}],
  )
  await readSources(sources, gathered, 0)
  await readScripts(
    files.filter(({language}) => language === 'shell'),
    gathered,
  )
  for (const {language, text, file} of files) if (language === 'terraform') await readTerraform(text, file, gathered)
  return gathered.result(files.map(({file}) => file))
}

async function readTerraform(text: string, file: string, gathered: Gathered): Promise<void> {
  await findInTerraform(text, {
    call: (method, path, line) => gathered.call(method, path, {file, line}),
    unclear: (reason, piece, line, more) => gathered.unclear(reason, piece, {file, line}, more),
    script: (script) => readScripts([{text: script, file}], gathered),
  })
}

/** Reads scripts; what one of several that source a file makes clear is not open there. */
async function readScripts(scripts: readonly ScriptFile[], gathered: Gathered): Promise<void> {
  const open = new Map<string, {left: number; tell: () => void}>()
  for (const {text, place} of wholeScripts(scripts)) {
    const gitea = /gitea|forgejo/i.test(`${place(1).file}\n${text}`)
    const seen = new Set<string>()
    await findInShell(text, gitea, {
      call: (method, path, line) => gathered.call(method, path, placeOf(place(line))),
      unclear(reason, piece, line, more) {
        const {shared, ...stands} = place(line)
        const key = `${stands.file} ${stands.line} ${reason} ${piece}`
        if (seen.has(key)) return
        seen.add(key)
        const tell = () => gathered.unclear(reason, piece, stands, more)
        open.set(key, {left: (open.get(key)?.left ?? shared) - 1, tell})
      },
      program(language, code, line) {
        const {file, line: stands} = place(line)
        return readSources([{language, text: code, file}], gathered, stands - 1)
      },
    })
  }
  for (const {left, tell} of open.values()) if (left <= 0) tell()
}

const placeOf = ({file, line}: CodePlace): CodePlace => ({file, line})

/** `before`: the lines that stand before the text in its file. */
async function readSources(sources: readonly Source[], gathered: Gathered, before: number): Promise<void> {
  const resolve = resolver(sources)
  const {programs, cut} = programsOf(sources, resolve)
  for (const program of programs) await readProgram(program, resolve, gathered, before)
  for (const {file} of cut) gathered.unclear(REASONS.cut, basename(file), {file, line: 1})
}

async function readProgram(
  sources: readonly Source[],
  resolve: Resolve,
  gathered: Gathered,
  before: number,
): Promise<void> {
  const program = await programOf(sources, resolve)
  const place = (at: SyntaxNode) => ({
    file: program.names.unit(at).source.file,
    line: before + at.span().start.line,
  })
  const found: RequestSink = {
    used: new Set(),
    call: (method, path, at) => gathered.call(method, path, place(naming(at))),
    unclear: (reason, piece, at, more) => gathered.unclear(reason, piece, place(naming(at)), more),
  }
  findRequests(program, found)
  await findSdkCalls(program, resolve, found)
  const mention = (node: SyntaxNode): void => {
    if (node.kind === 'ERROR') {
      const {file, line} = place(node)
      for (const [i, one] of node.text.split('\n').entries())
        if (one.includes('/api/v1')) gathered.unclear(REASONS.broken, one, {file, line: line + i})
    } else if (STRINGS.has(node.kind) && node.text.includes('/api/v1') && !found.used.has(node) && !isProse(node)) {
      if (isSaid(node)) gathered.unclear(REASONS.said, node.text, place(node), {harmless: true})
      else gathered.unclear(REASONS.unused, node.text, place(node))
    }
  }
  for (const {root} of program.units) walk(root, mention)
}

const STRINGS = new Set(['string', 'template_string', 'interpreted_string_literal', 'raw_string_literal'])

/** A docstring. */
function isProse(node: SyntaxNode): boolean {
  return node.kind === 'string' && node.parent?.kind === 'expression_statement'
}

/** Whether it is told to people: printed, logged, thrown. */
function isSaid(node: SyntaxNode): boolean {
  let up = node.parent
  while (up && !calleeOf(up)) {
    if (/statement$|declarat/.test(up.kind)) return false
    up = up.parent
  }
  const name = up ? calleeOf(up)?.text : undefined
  return name !== undefined && SAYS.test(name)
}
/** The last name of what is called: a chain of calls has many lines. */
function naming(call: SyntaxNode): SyntaxNode {
  const callee = call.child('function') ?? call.child('constructor')
  return callee?.child('property') ?? callee?.child('attribute') ?? callee?.child('field') ?? call
}

class Gathered {
  readonly #calls = new Map<string, FoundCall>()
  readonly #notUnderstood = new Map<string, NotUnderstood>()

  call(method: string, path: string, source: CodePlace): void {
    const key = `${source.file} ${source.line} ${method} ${path}`
    if (!this.#calls.has(key)) this.#calls.set(key, {method, path, count: 1, source})
  }

  unclear(reason: string, piece: string, source: CodePlace, more: Partial<NotUnderstood> = {}): void {
    const text = shown(readable(piece.replaceAll(/\s+/g, ' ')))
    const key = `${source.file} ${source.line} ${reason} ${text}`
    if (!this.#notUnderstood.has(key)) this.#notUnderstood.set(key, {reason, text, source, count: 1, ...more})
  }

  /** All of it, in the order of the files and their lines. */
  result(files: readonly string[]): Findings {
    const order = new Map(files.map((file, i) => [file, i]))
    const at = ({source: {file, line}}: FoundCall | NotUnderstood) => [order.get(file) ?? 0, line ?? 0] as const
    const byPlace = (a: FoundCall | NotUnderstood, b: FoundCall | NotUnderstood) => {
      const [[fileA, lineA], [fileB, lineB]] = [at(a), at(b)]
      return fileA - fileB || lineA - lineB
    }
    return {
      calls: [...this.#calls.values()].toSorted(byPlace),
      notUnderstood: [...this.#notUnderstood.values()].toSorted(byPlace),
    }
  }
}

/** Where something stands in code. */
type CodePlace = CallSource & {line: number}
