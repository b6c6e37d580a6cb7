import {fromMarkdown} from 'mdast-util-from-markdown'
import type {Code, InlineCode, List, Nodes, Parents} from 'mdast'
import {contiguous, pieced, type SourceLine, type FileStretch} from '../excerpt.ts'
import type {Parts, ReadRequest, ReadUse, ScopeList, ScopeName} from '../reading.ts'
import {readHcl} from './hcl.ts'
import {looksLikeScope} from './names.ts'
import {readScript} from './shell.ts'
import {isScopeWord, toldLists} from './told.ts'
import {addressOf, withHoles} from './url.ts'
import {readYaml} from './yaml.ts'

const SHELL = new Set(['bash', 'sh', 'shell', 'zsh', 'console', 'shell-session', 'sh-session', 'terminal'])
const YAML = new Set(['yaml', 'yml', 'json', 'jsonc'])
const HCL = new Set(['hcl', 'tf', 'terraform'])
const OTHERS = new Set(
  `python py go golang javascript js typescript ts jsx tsx rust java kotlin ruby php perl c cpp csharp cs swift lua sql html
   css xml toml ini http diff powershell pwsh ps mermaid dockerfile makefile nix text txt plaintext plain log output`.split(
    /\s+/,
  ),
)
const TOOLS =
  /^\s*(?:(?:[\w.-]+@[\w.-]+[^\n$#]{0,60})?[$❯➜] |(?:sudo |export )?(?:curl|wget|gitea|forgejo|http|https|xh|docker|kubectl)\s)/

/** Reads a text: fenced blocks in their languages, request lines, prose, and names of scopes in inline code. */
export async function readMarkdown(text: string, parts: Parts, use: ReadUse): Promise<void> {
  const {aboutGitea} = use
  const lenient = {...use, strict: false}
  const known = new Map<string, string>()
  const blocks: {code: Code; section: number}[] = []
  let section = 0
  const visit = (node: Nodes, parents: readonly Parents[]): void => {
    if (node.type === 'heading') section++
    if (node.type === 'code') blocks.push({code: node, section})
    if (node.type === 'html') remark(node.value, place(node), parents, node, text, parts)
    if (node.type === 'list' && aboutGitea) scopesOf(node, text, parts, introduces(node, parents, text))
    if (node.type === 'paragraph' || node.type === 'heading') {
      const at = place(node)
      const listed = parents.at(-1)?.type === 'listItem'
      parts.passages.push({text: text.slice(at.from, at.to), at, kind: 'paragraph', section, listed})
      const inList = parents.some((parent) => parent.type === 'list')
      if (aboutGitea && !inList) mentioned(inlineCodes(node), parts)
      if (aboutGitea) parts.scopeLists.push(...toldLists(contiguous(text.slice(at.from, at.to), at.from)))
      if (aboutGitea) parts.scopeLists.push(...tabled(text.slice(at.from, at.to), at.from))
    }
    if ('children' in node) for (const child of node.children) visit(child, [...parents, node])
  }
  visit(fromMarkdown(text), [])
  for (const {code, section: of} of blocks) {
    const language = languageNamed(code)
    const lines = linesOf(code, text)
    const whole = pieced(lines)
    if (SHELL.has(language)) {
      const typed = commandsOf(lines)
      await readScript(pieced(typed.filter((line) => !isRequest(line.text))), parts, {known, section: of})
      parts.requests.push(...bareRequests(typed))
    } else if (language === '' || language === 'http') parts.requests.push(...bareRequests(lines))
    else if (YAML.has(language)) await readYaml(whole, parts, lenient)
    else if (HCL.has(language)) await readHcl(whole, parts, lenient)
    if (!(SHELL.has(language) || YAML.has(language) || HCL.has(language))) {
      parts.values.push({path: [], name: '', value: `${code.value}\n`, at: place(code)})
    }
  }
}

/** Of what language a block is: by its name, or by its looks where it has no name that is known. */
function languageNamed({lang, value}: Code): string {
  const name = /[a-z][a-z-]*/.exec((lang ?? '').toLowerCase())?.[0] ?? ''
  const isKnown = SHELL.has(name) || YAML.has(name) || HCL.has(name) || OTHERS.has(name)
  return !isKnown && TOOLS.test(value) ? 'shell' : name
}

/** A block's lines without fences and without what the text sets before them. */
function linesOf(code: Code, text: string): SourceLine[] {
  const {from, to} = place(code)
  const fenced = /^[`~]{3}/.test(text.slice(from, from + 3))
  let at = fenced ? text.indexOf('\n', from) + 1 : text.lastIndexOf('\n', from - 1) + 1
  return code.value.split(/\r?\n/).map((line) => {
    const end = text.indexOf('\n', at)
    const next = end === -1 || end >= to ? to : end + 1
    const source = text.slice(at, next).replace(/\r?\n$/, '')
    const begins = source.endsWith(line) ? at + source.length - line.length : at
    at = next
    return {text: `${line}\n`, at: begins}
  })
}

/** Of a session with prompts what was typed; everything of a block without prompts. */
function commandsOf(lines: readonly SourceLine[]): SourceLine[] {
  const first = lines.find(({text}) => text.trim() !== '')
  if (!first || !PROMPT.test(first.text)) return [...lines]
  let typed = false
  return lines.map(({text, at}) => {
    const [prompt = ''] = PROMPT.exec(text) ?? []
    const continues = typed
    typed = (prompt !== '' || continues) && /\\\s*$/.test(text)
    if (prompt !== '') return {text: text.slice(prompt.length), at: at + prompt.length}
    return continues ? {text, at} : {text: '\n', at: at + text.length - 1}
  })
}

/** `$ `, `ana@host:~/work$ `. */
const PROMPT = /^\s*(?:[\w.-]+@[\w.-]+[^\n$#]{0,60})?[$❯➜] /

const REQUEST = /^(\s*)(GET|HEAD|POST|PUT|PATCH|DELETE)(\s+)((?:https?:\/\/|\/|\$)\S+)/

function isRequest(line: string): boolean {
  return REQUEST.test(line)
}

/** Lines such as `GET /api/v1/user`, and the comments around them. */
function bareRequests(lines: readonly SourceLine[]): ReadRequest[] {
  return lines.flatMap(({text, at}, index): ReadRequest[] => {
    const [, indent = '', method = '', gap = '', url = ''] = REQUEST.exec(text) ?? []
    if (method === '' || url.includes('...') || url.includes('…')) return []
    const from = at + indent.length + method.length + gap.length
    const comment = (line: SourceLine | undefined) => /^\s*#+\s?(.*)/.exec(line?.text ?? '')?.[1]?.trim() ?? ''
    const trailing = text.slice(indent.length + method.length + gap.length + url.length).trim()
    const next = comment(lines[index + 1])
    return [
      {
        method,
        url: withHoles(url),
        address: addressOf(url),
        at: {from, to: from + url.length},
        exact: true,
        command: undefined,
        said: {
          before: comment(lines[index - 1]),
          behind: [trailing, ...(/^(?:=>|->|→)/.test(next) ? [next] : [])].join('\n'),
        },
      },
    ]
  })
}

/** `<!-- … -->`; where a block stands right behind it, the block is what it is about. */
function remark(
  value: string,
  at: FileStretch,
  parents: readonly Parents[],
  node: Nodes,
  text: string,
  parts: Parts,
): void {
  const [, words] = /^<!--([\s\S]*?)-->\s*$/.exec(value) ?? []
  if (words === undefined) return
  const siblings: Nodes[] = parents.at(-1)?.children ?? []
  const next = siblings[siblings.indexOf(node) + 1]
  const near = next && text.slice(at.to, place(next).from).split('\n').length <= 3
  parts.comments.push({text: words.trim(), at, covers: near ? place(next) : undefined})
}

/** Scopes in a table's column of that name. */
function tabled(table: string, at: number): ScopeList[] {
  const [head = '', rule = '', ...rows] = table.split('\n')
  const column = cellsOf(head).findIndex(({text}) => /^\W*(?:token |gitea |needed |required )?scopes?\W*$/i.test(text))
  if (column === -1 || !/^\s*\|?[\s:|-]+$/.test(rule)) return []
  let start = at + head.length + rule.length + 2
  return rows.flatMap((row) => {
    const from = start
    start += row.length + 1
    const cell = cellsOf(row)[column]
    return [...(cell?.text.matchAll(/[a-z][\w-]*(?::[a-z][\w-]*)?/gi) ?? [])]
      .filter(([name]) => isScopeWord(name) && (name.includes(':') || cell?.text.includes(`\`${name}\``)))
      .map(({0: name, index}): ScopeList => {
        const span = {from: from + cell!.from + index, to: from + cell!.from + index + name.length}
        return {kind: 'told', sure: true, names: [{name, at: span, exact: true}], open: true, at: span}
      })
  })
}

function cellsOf(row: string): {text: string; from: number}[] {
  return [...row.matchAll(/(?<=^\s*\|?|\|)[^|]+/g)].map(({0: text, index}) => ({text, from: index}))
}

/** Whether what stands before a list says that scopes follow: "**Scopes**: tick at least:". */
function introduces(list: List, parents: readonly Parents[], text: string): boolean {
  const siblings: Nodes[] = parents.at(-1)?.children ?? []
  const before = siblings[siblings.indexOf(list) - 1]
  if (before?.type !== 'paragraph' && before?.type !== 'heading') return false
  const {from, to} = place(before)
  const said = text.slice(from, to)
  return /\b(?:scopes?|token permissions?)\b(?:.*:\W*$|\W*$)/is.test(said) && !/github|gitlab|oauth/i.test(said)
}

/**
 * A list whose items name scopes: those that stand in an item's first words are the list, any others are mentioned. Where
 * the text says that it is one, plain words are scopes too.
 */
function scopesOf(list: List, text: string, parts: Parts, sure: boolean): void {
  const items = list.children.map((item) => item.children.find((child) => child.type === 'paragraph'))
  const alike = items.flatMap((item) => (item ? inlineCodes(item) : [])).filter(({value}) => looksLikeScope(value))
  if (sure) {
    const first = items.flatMap((item) => (item ? inlineCodes(item).slice(0, 1) : []))
    const named = first.filter(({value}) => isScopeWord(value))
    for (const code of named)
      parts.scopeLists.push({kind: 'told', sure, names: [nameOf(code)], open: true, at: place(code)})
  }
  for (const item of items) {
    const {from, to} = item ? place(item) : {from: 0, to: 0}
    const [name] = /^(?:read|write):[a-z][\w-]*/.exec(text.slice(from, to)) ?? []
    const at = {from, to: from + (name?.length ?? 0)}
    if (name !== undefined) parts.scopeLists.push({kind: 'told', names: [{name, at, exact: true}], open: true, at})
  }
  // `repo` and `all` mean many things where nothing else in the list is a scope.
  const names = alike.some(({value}) => value.includes(':')) ? alike : []
  if (names.length === 0) return
  const led = items.map((item) => (item ? leadingCodes(item) : [])).filter((codes) => codes.length > 0)
  const isList = led.length >= 2
  const listed = new Set(isList ? led.flat() : [])
  if (isList) parts.scopeLists.push({kind: 'told', names: [...listed].map(nameOf), open: false, at: place(list)})
  for (const code of names) if (!listed.has(code)) told(code, parts)
}

/** The scopes that an item begins with, as in `read:x` / `write:x`. */
function leadingCodes({children}: Parents): InlineCode[] {
  const codes: InlineCode[] = []
  for (const child of children) {
    if (child.type === 'inlineCode' && looksLikeScope(child.value)) codes.push(child)
    else if (codes.length === 0 || child.type !== 'text' || !/^\s*(?:[/,+&|]|and|or)?\s*$/.test(child.value)) break
  }
  return codes
}

/** Each scope of a paragraph by itself: prose is no list. */
function mentioned(codes: readonly InlineCode[], parts: Parts): void {
  for (const code of codes) {
    if (looksLikeScope(code.value) && code.value.includes(':')) told(code, parts)
  }
}

function told(code: InlineCode, parts: Parts): void {
  parts.scopeLists.push({kind: 'told', names: [nameOf(code)], open: true, at: place(code)})
}

function nameOf(code: InlineCode): ScopeName {
  const {from, to} = place(code)
  const ticks = (to - from - code.value.length) / 2
  return {name: code.value, at: {from: from + ticks, to: to - ticks}, exact: Number.isInteger(ticks)}
}

function inlineCodes(node: Parents): InlineCode[] {
  return node.children.flatMap((child) =>
    child.type === 'inlineCode' ? [child] : 'children' in child ? inlineCodes(child) : [],
  )
}

function place({position}: Nodes): FileStretch {
  return {from: position?.start.offset ?? 0, to: position?.end.offset ?? 0}
}
