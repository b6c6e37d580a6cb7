import {HOLE, parse, type SyntaxNode} from '../../syntax/index.ts'
import {contiguous, outer, pieced, within, type Excerpt, type SourceLine} from '../excerpt.ts'
import type {Parts, ScopeList} from '../reading.ts'
import {areScopes, holdsScopes, locate} from './names.ts'
import {readScript} from './shell.ts'

const BROKEN = 'this is not valid HCL; what could be read around it was linted'

/** Reads Terraform: attributes with literal values, `gitea_token` resources, commands of `local-exec`, comments. */
export async function readHcl(excerpt: Excerpt, parts: Parts, use: {strict: boolean}): Promise<void> {
  const tree = await parse('hcl', excerpt.text)
  const scripts: Excerpt[] = []
  const open: {node: SyntaxNode; path: readonly string[]}[] = [{node: tree, path: []}]
  for (let item = open.pop(); item; item = open.pop()) {
    const {node, path} = item
    let inner = path
    if (node.kind === 'comment') {
      const text = node.text
        .replace(/^(?:#+|\/\/|\/\*)\s?/, '')
        .replace(/\*\/$/, '')
        .trim()
      parts.comments.push({text, at: excerpt.stretch(node.from, node.to), covers: undefined})
    } else if (node.kind === 'ERROR' || node.missing) {
      if (use.strict) parts.unread.push({reason: BROKEN, at: excerpt.stretch(node.from, node.to)})
    } else if (node.kind === 'block') {
      inner = [...path, ...labelsOf(node)]
      if (inner.at(-3) === 'resource' && inner.at(-2) === 'gitea_token') readToken(node, excerpt, parts)
    } else if (node.kind === 'attribute' || node.kind === 'object_elem') {
      inner = [...path, nameOf(node)]
      const value = valueOf(node)
      const literal = value && literalOf(value)
      const at = value && excerpt.stretch(value.from, value.to)
      // A variable's default is the variable's value.
      const name = inner[0] === 'variable' && inner[2] === 'default' ? inner[1] : inner.at(-1)
      if (literal !== undefined && at) parts.values.push({path: inner, name: name ?? '', value: literal, at})
      const isToken = inner[0] === 'resource' && inner[1] === 'gitea_token'
      if (value && !isToken && holdsScopes([...path, name ?? ''])) readDeclared(value, excerpt, parts)
      if (value) scripts.push(...scriptsIn(value, inner, excerpt))
    }
    open.push(...node.children.toReversed().map((child) => ({node: child, path: inner})))
  }
  for (const script of scripts) await readScript(script, parts, {template: true})
}

/** What an attribute hands to a shell: a provisioner's commands, or a here-document that begins with `#!/bin/sh`. */
function scriptsIn(value: SyntaxNode, path: readonly string[], excerpt: Excerpt): Excerpt[] {
  const [block, name] = path.slice(-2)
  const isInline = block === 'remote-exec' && name === 'inline'
  const isRun = isInline || (block === 'local-exec' && name === 'command')
  const bodies = (isInline ? elementsOf(value) : [value]).map(templateOf)
  return bodies.flatMap((body) => {
    const script = body && scriptOf(body, excerpt)
    return script && (isRun || /\.(?:ba)?sh$/.test(name ?? '') || /^\s*#!.*\b(?:ba|da|z|k)?sh\b/.test(script.text))
      ? [script]
      : []
  })
}

function readToken(block: SyntaxNode, excerpt: Excerpt, parts: Parts): void {
  const body = block.children.find(({kind}) => kind === 'body')
  const attributes = body?.children.filter(({kind}) => kind === 'attribute') ?? []
  const scopes = attributes.find((attribute) => nameOf(attribute) === 'scopes')
  const value = scopes && valueOf(scopes)
  if (scopes && value && !EMPTY.test(value.text)) {
    parts.scopeLists.push(...listsIn(value, excerpt).map((list) => ({kind: 'mint' as const, ...list})))
    return
  }
  const {from, to} = scopes ?? {from: block.from, to: endOfHead(block)}
  parts.scopeless.push({by: 'terraform', at: excerpt.stretch(from, to)})
}

/** A local value or a variable's default that is scopes by its name. */
function readDeclared(value: SyntaxNode, excerpt: Excerpt, parts: Parts): void {
  for (const list of listsIn(value, excerpt)) {
    const names = list.names.map(({name}) => name)
    if (areScopes(names) && names.some((name) => /^(?:read|write):/i.test(name)))
      parts.scopeLists.push({kind: 'declared', ...list})
  }
}

const EMPTY = /^(?:(?:toset|tolist)\s*\(\s*)?\[\s*\][\s)]*$/
const ONE_LIST = /^(?:(?:toset|tolist)\s*\(\s*)?\[[^[\]]*\][\s)]*$/

/** The lists of an expression, each with its names; they are open where the expression is more than one of them. */
function listsIn(value: SyntaxNode, excerpt: Excerpt): Omit<ScopeList, 'kind'>[] {
  return tuplesIn(value).map((tuple) => {
    const elements = elementsOf(tuple)
    const names = elements.map(literalOf).filter((name): name is string => name !== undefined && !name.includes(HOLE))
    const source = within(excerpt, tuple.from, tuple.to)
    const open = !ONE_LIST.test(value.text) || names.length < elements.length
    return {names: locate(names, source), open, at: excerpt.stretch(tuple.from, tuple.to)}
  })
}

function tuplesIn(value: SyntaxNode): SyntaxNode[] {
  return value.kind === 'tuple' ? [value] : value.children.flatMap(tuplesIn)
}

function elementsOf(value: SyntaxNode): SyntaxNode[] {
  return tuplesIn(value).flatMap((tuple) => tuple.children.filter(({kind}) => kind === 'expression'))
}

function endOfHead(block: SyntaxNode): number {
  return block.children.find(({kind}) => kind === 'block_start')?.from ?? block.to
}

/** `resource`, `gitea_token`, `agent`. */
function labelsOf(block: SyntaxNode): string[] {
  return block.children
    .filter(({kind}) => kind === 'identifier' || kind === 'string_lit')
    .map((label) => (label.kind === 'identifier' ? label.text : (literalOf(label) ?? '')))
}

function nameOf(node: SyntaxNode): string {
  const key = node.kind === 'attribute' ? node.children[0] : node.child('key')
  return key ? (literalOf(key) ?? key.text) : ''
}

function valueOf(node: SyntaxNode): SyntaxNode | undefined {
  return node.kind === 'attribute' ? node.children.find(({kind}) => kind === 'expression') : node.child('val')
}

/** The text of a string, with a HOLE for each `${…}`; undefined for what is no string. */
function literalOf(node: SyntaxNode): string | undefined {
  const string = node.kind === 'string_lit' ? node : templateOf(node)
  return string?.children
    .filter(({kind}) => kind === 'template_literal' || kind === 'template_interpolation')
    .map((part) => (part.kind === 'template_literal' ? part.text : HOLE))
    .join('')
}

/** Goes down while there is nothing beside the child: an expression that is nothing but a string. */
function only(node: SyntaxNode, kind: string): SyntaxNode | undefined {
  for (let inner = node; ; inner = inner.children[0]!) {
    if (inner.kind === kind) return inner
    if (inner.children.length !== 1) return undefined
  }
}

/** The string or here-document that an expression is. */
function templateOf(value: SyntaxNode): SyntaxNode | undefined {
  return only(value, 'heredoc_template') ?? only(value, 'quoted_template') ?? only(value, 'string_lit')
}

/** What the shell gets of a string or here-document. Terraform fills `${…}` in first, whatever stands within. */
function scriptOf(body: SyntaxNode, excerpt: Excerpt): Excerpt | undefined {
  const literals = body.children.filter(({kind}) => kind === 'template_literal' || kind === 'template_interpolation')
  const [first, last] = [literals.at(0), literals.at(-1)]
  if (!first || !last) return undefined
  let text = ''
  for (const part of literals) {
    text += excerpt.text.slice(first.from + text.length, part.from)
    const filled = part.kind === 'template_interpolation'
    text += filled ? `\${${part.text.slice(2, -1).replaceAll(/\W/g, '_')}}` : part.text
  }
  if (body.kind === 'heredoc_template') return outer(contiguous(text, first.from), excerpt)
  // Quotes are escaped there: what is put in would have to be as well.
  return {...outer(pieced(unescaped(text, first.from)), excerpt), exact: () => false}
}

const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t'}

/** The text behind the escapes of a quoted string, piece by piece. */
function unescaped(text: string, at: number): SourceLine[] {
  const pieces: SourceLine[] = []
  for (const {0: piece, index} of text.matchAll(/\\.|[^\\]+/gs)) {
    const escape = /^\\(.)$/s.exec(piece)?.[1]
    if (escape === undefined) pieces.push({text: piece, at: at + index})
    else pieces.push({text: ESCAPES[escape] ?? escape, at: at + index + 1})
  }
  return pieces
}
