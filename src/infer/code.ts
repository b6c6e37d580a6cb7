import {parse, type SyntaxNode} from '../syntax/index.ts'
import {REASONS} from './code/api-path.ts'
import {bindingsOf, walk} from './code/bindings.ts'
import {findRequests, readable, type RequestSink} from './code/requests.ts'
import {findSdkCalls} from './code/sdk.ts'
import {findInShell} from './code/shell.ts'
import {calleeOf, callsIn} from './code/calls.ts'
import {valuesOf} from './code/values.ts'
import {shown} from './safe.ts'
import type {FoundCall, Findings, NotUnderstood} from './types.ts'

export type CodeLanguage = 'shell' | 'typescript' | 'javascript' | 'python' | 'go'

/**
 * Finds the calls of Gitea's API that a program makes, without running it: literal paths wherever a request uses them,
 * put together from constants, templates and the arguments of the file's own functions; and the calls of Gitea's SDKs.
 * Whatever speaks of the API and cannot be told is in `notUnderstood`, without anything that looks like a secret.
 * Never throws over a text.
 */
export async function callsInCode(language: CodeLanguage, text: string, file: string): Promise<Findings> {
  const findings = new Gathered(file)
  await read(language, text, file, 0, findings)
  return findings.result()
}

async function read(
  language: CodeLanguage,
  text: string,
  file: string,
  before: number,
  gathered: Gathered,
): Promise<void> {
  const gitea = /gitea|forgejo/i.test(`${file}\n${text}`)
  if (language === 'shell') {
    await findInShell(text, gitea, {
      call: (method, path, line) => gathered.call(method, path, before + line),
      unclear: (reason, piece, line, more) => gathered.unclear(reason, piece, before + line, more),
      program: (inner, code, line) => read(inner, code, file, before + line - 1, gathered),
    })
    return
  }
  // Most files of a program speak of something else.
  if (!gitea && !/\bv1\b|\/repos\//.test(text)) return
  using tree = await parse(language === 'typescript' && /\.[jt]sx$/i.test(file) ? 'tsx' : language, text)
  const line = (at: SyntaxNode) => before + at.span().start.line
  const found: RequestSink = {
    used: new Set(),
    call: (method, path, at) => gathered.call(method, path, line(naming(at))),
    unclear: (reason, piece, at, more) => gathered.unclear(reason, piece, line(naming(at)), more),
  }
  const calls = callsIn(tree)
  const bindings = bindingsOf(tree, language === 'python')
  const values = valuesOf(bindings)
  findRequests(calls, {bindings, values, gitea}, found)
  await findSdkCalls(language, tree, {calls, values}, found)
  walk(tree, (node) => {
    if (node.kind === 'ERROR') {
      for (const [i, one] of node.text.split('\n').entries()) {
        if (one.includes('/api/v1')) gathered.unclear('the program cannot be read here', one, line(node) + i)
      }
    } else if (STRINGS.has(node.kind) && node.text.includes('/api/v1') && !found.used.has(node) && !isProse(node)) {
      if (isSaid(node)) gathered.unclear(REASONS.said, node.text, line(node), {harmless: true})
      else gathered.unclear(REASONS.unused, node.text, line(node))
    }
  })
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
const SAYS =
  /^(?:console\.\w+|(?:\w+\.)*(?:log|logger|logging)\.\w+|print|fmt\.(?:Print|Fprint)\w*|fmt\.Errorf|errors\.New|(?:click|typer)\.echo|\w*Error|\w*Exception|warnings\.warn)$/i

/** The last name of what is called: a chain of calls has many lines. */
function naming(call: SyntaxNode): SyntaxNode {
  const callee = call.child('function') ?? call.child('constructor')
  return callee?.child('property') ?? callee?.child('attribute') ?? callee?.child('field') ?? call
}

class Gathered {
  readonly #file: string
  readonly #calls = new Map<string, FoundCall>()
  readonly #notUnderstood = new Map<string, NotUnderstood>()

  constructor(file: string) {
    this.#file = file
  }

  call(method: string, path: string, line: number): void {
    const key = `${line} ${method} ${path}`
    if (!this.#calls.has(key)) this.#calls.set(key, {method, path, count: 1, source: {file: this.#file, line}})
  }

  unclear(reason: string, piece: string, line: number, more: Partial<NotUnderstood> = {}): void {
    const text = shown(readable(piece.replaceAll(/\s+/g, ' ')))
    const key = `${line} ${reason} ${text}`
    const source = {file: this.#file, line}
    if (!this.#notUnderstood.has(key)) this.#notUnderstood.set(key, {reason, text, source, count: 1, ...more})
  }

  result(): Findings {
    const byLine = (a: FoundCall | NotUnderstood, b: FoundCall | NotUnderstood) =>
      (a.source.line ?? 0) - (b.source.line ?? 0)
    return {
      calls: [...this.#calls.values()].toSorted(byLine),
      notUnderstood: [...this.#notUnderstood.values()].toSorted(byLine),
    }
  }
}
