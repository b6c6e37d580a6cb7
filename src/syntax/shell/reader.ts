import type {SyntaxNode} from '../tree.ts'
import type {Comment, ShellAssignment, ShellCommand, ShellFunction, Span, StaticText} from '../types.ts'
import {nested, type ShellSource} from './source.ts'
import {seeThrough} from './through.ts'
import {variablesOf} from './variables.ts'
import {adjoining, wordsOf, type ShellWord} from './words.ts'

/** What is found in a script, in any order. */
export interface ScriptContents {
  commands: ShellCommand[]
  assignments: ShellAssignment[]
  functions: ShellFunction[]
  comments: Comment[]
  unread: Span[]
}

/** What becomes of a command's exit status: it is looked at, it is lost, or `set -e` decides. */
export type ExitUse = 'looked' | 'lost' | 'plain'

interface Surroundings {
  status: ExitUse
  into: string | undefined
}

/** Kinds of nodes that are read wherever they stand. */
export const STATEMENTS: ReadonlySet<string> = new Set([
  'command',
  'redirected_statement',
  'pipeline',
  'list',
  'if_statement',
  'while_statement',
  'for_statement',
  'c_style_for_statement',
  'case_statement',
  'function_definition',
  'subshell',
  'compound_statement',
  'negated_command',
  'test_command',
  'variable_assignment',
  'variable_assignments',
  'declaration_command',
  'unset_command',
  'comment',
])

/** Reads the statements of one source, in its order. */
export class Reader {
  /** Strings that a shell is given to run. */
  readonly scripts: {script: ShellSource; status: ExitUse}[] = []
  errexit: boolean
  #pipefail = false
  readonly #source: ShellSource
  readonly #found: ScriptContents
  readonly #words: ReturnType<typeof wordsOf>

  constructor(source: ShellSource, tree: SyntaxNode, found: ScriptContents, errexit: boolean) {
    this.#source = source
    this.#found = found
    this.errexit = errexit
    this.#words = wordsOf(source, variablesOf(tree))
  }

  /** Statements one after the other. */
  block(node: SyntaxNode, last: Surroundings, nodes: readonly SyntaxNode[] = node.tokens): void {
    const isStatement = ({named, kind}: SyntaxNode) => named && kind !== 'comment'
    const end = nodes.findLastIndex(isStatement)
    for (let i = 0; i < nodes.length; i++) {
      const child = nodes[i]
      if (!child) continue
      if (i >= end) this.statement(child, nodes[i + 1]?.kind === '&' ? {...last, status: 'lost'} : last)
      else {
        const next = nodes.slice(i + 1, i + 4).find(isStatement)
        const asked = /^.*(?:\$\?|PIPESTATUS)/.test(next?.text.slice(0, 200) ?? '')
        const status = nodes[i + 1]?.kind === '&' ? 'lost' : asked ? 'looked' : 'plain'
        this.statement(child, {status, into: last.into})
      }
    }
  }

  statement(node: SyntaxNode, around: Surroundings): void {
    switch (node.kind) {
      case 'comment':
        return this.#comment(node)
      case 'ERROR':
        return this.#broken(node)
      case 'command':
        return this.#command(node, around, undefined)
      case 'redirected_statement':
        return this.#redirected(node, around)
      case 'pipeline':
        return this.#pipeline(node.children, around)
      case 'list': {
        const [left, ...right] = node.children
        if (left) this.statement(left, {...around, status: 'looked'})
        for (const child of right) this.statement(child, around)
        return
      }
      case 'negated_command':
      case 'test_command':
        return this.#all(node, {...around, status: 'looked'})
      case 'if_statement':
      case 'elif_clause':
      case 'while_statement':
        return this.#conditional(node, around)
      case 'function_definition': {
        this.#found.functions.push({name: node.child('name')?.text ?? '', at: this.#span(node)})
        const body = node.child('body')
        if (body) this.statement(body, {status: 'plain', into: undefined})
        return
      }
      case 'subshell': {
        const [errexit, pipefail] = [this.errexit, this.#pipefail]
        this.block(node, around)
        this.errexit = errexit
        this.#pipefail = pipefail
        return
      }
      case 'compound_statement':
      case 'else_clause':
      case 'do_group':
      case 'case_item':
        return this.block(node, around)
      case 'variable_assignment':
        return this.#assignment(node, around.status)
      case 'declaration_command':
        return this.#all(node, {status: 'lost', into: undefined})
      case 'command_substitution':
      case 'process_substitution':
        return this.block(node, {status: 'lost', into: undefined})
      default:
        return this.#all(node, around)
    }
  }

  #all(node: SyntaxNode, around: Surroundings): void {
    for (const child of node.children) this.statement(child, around)
  }

  #span({from, to}: {from: number; to: number}): Span {
    return this.#source.span(from, to)
  }

  #comment(node: SyntaxNode): void {
    this.#found.comments.push({text: node.text.replace(/^#+\s?/, '').trim(), at: this.#span(node)})
    if (node.from === 0 && /^#!.*sh\s+-\w*e/.test(node.text)) this.errexit = true
  }

  /** What can be read of what the grammar gave up on; the rest is listed. */
  #broken(node: SyntaxNode): void {
    let from: number | undefined
    const list = (to: number) => {
      if (from !== undefined && to > from) this.#found.unread.push(this.#source.span(from, to))
      from = undefined
    }
    if (node.children.length === 0) from = node.from
    for (const child of node.tokens) {
      if (STATEMENTS.has(child.kind)) {
        list(child.from)
        this.statement(child, {status: 'plain', into: undefined})
      } else {
        from ??= child.from
        this.#all(child, {status: 'plain', into: undefined})
      }
    }
    list(node.to)
  }

  #conditional(node: SyntaxNode, around: Surroundings): void {
    const then = node.tokens.findIndex(({kind, field}) => kind === 'then' || field === 'body')
    const conditions = node.tokens.slice(1, then)
    this.block(node, {status: 'looked', into: undefined}, conditions)
    this.block(node, around, node.tokens.slice(then))
  }

  #pipeline(elements: readonly SyntaxNode[], around: Surroundings): void {
    for (const [i, element] of elements.entries()) {
      const next = elements[i + 1]
      if (!next) this.statement(element, around)
      else this.statement(element, {status: this.#pipefail ? around.status : 'lost', into: this.#nameOf(next)})
    }
  }

  /** The command that a statement begins with. */
  #nameOf(statement: SyntaxNode): string {
    const node = first(statement, ({kind}) => kind === 'command')
    const through = node && seeThrough(this.#wordsOf(node))
    return through?.is === 'command' ? (through.words[0]?.text ?? '') : (node?.child('name')?.text ?? '')
  }

  /** A here-document holds the rest of its line: a pipe, `&&` and further words. */
  #redirected(node: SyntaxNode, around: Surroundings): void {
    const body = node.child('body')
    let input: ShellWord | undefined
    let [status, into] = [around.status, around.into]
    const extra: SyntaxNode[] = []
    const rest: (() => void)[] = []
    for (const redirect of node.all('redirect')) {
      if (redirect.kind === 'heredoc_redirect') {
        input = this.#words.document(redirect)
        for (const child of redirect.children) {
          if (child.kind === 'pipeline') {
            const elements = child.children
            const [head] = elements
            if (head) into = this.#nameOf(head)
            if (!this.#pipefail) status = 'lost'
            rest.push(() => this.#pipeline(elements, around))
          } else if (child.field === 'right') {
            status = 'looked'
            rest.push(() => this.statement(child, around))
          } else if (child.field === 'argument') extra.push(child)
          else if (child.kind === 'heredoc_body') rest.push(() => this.#all(child, {status: 'lost', into: undefined}))
          else rest.push(() => this.#redirection(child))
        }
      } else if (redirect.kind === 'herestring_redirect') input = this.#hereString(redirect)
      else {
        // Words behind a redirection's target belong to the command.
        const [, ...more] = redirect.all('destination')
        extra.push(...more)
        rest.push(() => this.#redirection(redirect))
      }
    }
    if (body?.kind === 'command') this.#command(body, {status, into}, input, extra)
    else if (body) this.statement(body, {status, into})
    for (const read of rest) read()
  }

  #redirection(node: SyntaxNode): void {
    this.#all(node, {status: 'lost', into: undefined})
  }

  #hereString(redirect: SyntaxNode): ShellWord | undefined {
    const value = redirect.children.at(-1)
    return value && this.#words.whole(value)
  }

  #assignment(node: SyntaxNode, status: ExitUse): void {
    const value = node.child('value')
    const name = node.child('name')?.text ?? ''
    const at = this.#span(node)
    this.#found.assignments.push({
      name,
      value: value ? plain(this.#words.whole(value)) : {text: '', holes: [], at: {...at, start: at.end, from: at.to}},
      at,
    })
    if (value?.kind === 'command_substitution') this.block(value, {status, into: undefined})
    else if (value?.kind === 'string' && value.children.length === 1 && value.children[0]) {
      const [only] = value.children
      if (only.kind === 'command_substitution') this.block(only, {status, into: undefined})
    } else if (value) this.#all(value, {status: 'lost', into: undefined})
  }

  #wordsOf(node: SyntaxNode, extra: readonly SyntaxNode[] = []): ShellWord[] {
    const nodes = [...node.tokens.filter(({field}) => field === 'name' || field === 'argument'), ...extra]
    return adjoining(nodes).flatMap((word) => this.#words.split(word))
  }

  #command(
    node: SyntaxNode,
    around: Surroundings,
    input: ShellWord | undefined,
    extra: readonly SyntaxNode[] = [],
  ): void {
    const lost: Surroundings = {status: 'lost', into: undefined}
    const words = this.#wordsOf(node, extra)
    const environment = node.children.filter(({kind}) => kind === 'variable_assignment')
    const hereString = node.children.find(({kind}) => kind === 'herestring_redirect')
    this.#set(words)

    const through = seeThrough(words)
    const [name, ...rest] = through.is === 'command' ? through.words : words
    const read = input ?? (hereString && this.#hereString(hereString))
    const status = around.status === 'plain' && this.errexit ? 'looked' : around.status
    if (name) {
      this.#found.commands.push({
        name: plain(name),
        words: rest.map(plain),
        environment: environment.map((assignment) => {
          const value = assignment.child('value')
          const at = this.#span(assignment)
          return {
            name: assignment.child('name')?.text ?? '',
            value: value ? plain(this.#words.whole(value)) : {text: '', holes: [], at},
            at,
          }
        }),
        input: read && plain(read),
        into: around.into,
        checked: status === 'looked',
        at: this.#span({from: node.from, to: extra.at(-1)?.to ?? node.to}),
      })
    }
    const script = through.is === 'script' ? through.script : through.is === 'shell' ? read : undefined
    if (script) this.scripts.push({script: nested(this.#source, script.pieces), status})
    // Substitutions in its words are commands too.
    for (const child of [...node.children, ...extra]) {
      if (child.kind === 'variable_assignment' || child.field === 'argument' || child.field === 'name') {
        if (SUBSTITUTIONS.has(child.kind)) this.block(child, lost)
        else this.#all(child, lost)
      } else this.statement(child, lost)
    }
  }

  /** `set -e`, `set -o pipefail` and their ends, and a trap on errors, hold from here on. */
  #set(words: readonly ShellWord[]): void {
    const [name, ...rest] = words.map(({text}) => text)
    if (name === 'trap' && rest.includes('ERR') && rest[0] !== '-') this.errexit = true
    if (name !== 'set') return
    for (const [i, word] of rest.entries()) {
      const on = word.startsWith('-')
      if (!/^[-+][a-zA-Z]+$/.test(word)) continue
      if (word.includes('e')) this.errexit = on
      if (word.endsWith('o') && rest[i + 1] === 'errexit') this.errexit = on
      if (word.endsWith('o') && rest[i + 1] === 'pipefail') this.#pipefail = on
    }
  }
}

const SUBSTITUTIONS = new Set(['command_substitution', 'process_substitution'])

function plain({text, holes, at}: StaticText): StaticText {
  return {text, holes, at}
}

/** The first node, in the order of the text, that is so. */
export function first(node: SyntaxNode, is: (node: SyntaxNode) => boolean): SyntaxNode | undefined {
  if (is(node)) return node
  for (const child of node.tokens) {
    const found = first(child, is)
    if (found) return found
  }
  return undefined
}
