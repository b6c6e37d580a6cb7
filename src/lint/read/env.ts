import {within, type Excerpt} from '../excerpt.ts'
import type {Parts} from '../reading.ts'
import {areScopes, holdsScopes, locate, split} from './names.ts'

/** `export NAME=`, `NAME :=`, `"name" =`, npm's `//host/:_authToken=`, and the blanks around it. */
const NAME = /^[\s\uFEFF]*(?:export\s+)?["']?(?:\/\/\S*?:)?([\w.-]+)["']?\s*(?:[:?+]?=|:)\s*/

/**
 * Reads a file of settings as `docker --env-file`, dotenv and INI do: `NAME=value` on a line of its own, and comments.
 * The shell's grammar is no help: `NAME=it's me` is whole here. Other lines hold nothing.
 */
export function readEnv({text, stretch, exact}: Excerpt, parts: Parts): void {
  for (const {0: line, index} of text.matchAll(/[^\r\n]+/g)) {
    const [before = '', name] = NAME.exec(line) ?? []
    const [quoted, , inside] = /^(["'])(.*?)\1/.exec(line.slice(before.length)) ?? []
    const mark = /(?<=^|[\s\uFEFF])[#;]\s*/g
    mark.lastIndex = name === undefined ? 0 : before.length + (quoted?.length ?? 0)
    const comment = mark.exec(line)
    if (name !== undefined) {
      const value = inside ?? line.slice(before.length, comment?.index).trimEnd()
      const from = index + before.length + (quoted === undefined ? 0 : 1)
      setting({text, stretch, exact}, {name, from, to: from + value.length}, parts)
    }
    if (comment) {
      const said = line.slice(comment.index + comment[0].length).trimEnd()
      const from = index + comment.index + comment[0].length
      const at = stretch(from, from + said.length)
      parts.comments.push({text: said, at, covers: undefined})
      parts.passages.push({text: said, at, kind: 'comment', section: 0, listed: false})
    }
  }
}

/** A setting's value, and the scopes that it lists where its name says so. */
export function setting(
  excerpt: Excerpt,
  {name, from, to}: {name: string; from: number; to: number},
  parts: Parts,
): void {
  const value = excerpt.text.slice(from, to)
  const at = excerpt.stretch(from, to)
  parts.values.push({path: [name], name, value, at})
  const names = split(value).filter((each) => !/[{$<]/.test(each))
  if (!holdsScopes([name]) || !areScopes(names)) return
  const open = names.length < split(value).length
  parts.scopeLists.push({kind: 'declared', names: locate(names, within(excerpt, from, to)), open, at})
}

/** Reads `.netrc` (`login bot password …`) and `.git-credentials`, a URL on each line. */
export function readNetrc({text, stretch}: Excerpt, parts: Parts): void {
  const pattern = /\b(login|password|account)\s+("(?:[^"\\]|\\.)*"|\S+)|\b(https?):\/\/\S+/g
  for (const {0: whole, 1: name = 'url', 2: word, index} of text.matchAll(pattern)) {
    const value = (word ?? whole).replace(/^"(.*)"$/s, '$1')
    const from = index + whole.lastIndexOf(value)
    parts.values.push({path: [name], name, value, at: stretch(from, from + value.length)})
  }
  comments(text, /^[ \t]*#[^\n]*/gm, stretch, parts)
}

/** Comments with a line to themselves, where the language has no reader that tells them. */
export function comments(text: string, pattern: RegExp, stretch: Excerpt['stretch'], parts: Parts): void {
  for (const {0: whole, index} of text.matchAll(pattern)) {
    const said = whole.replace(/^\s*[#;/*]+\s?/, '').replace(/\*\/$/, '')
    const at = stretch(index, index + whole.length)
    parts.comments.push({text: said.trim(), at, covers: undefined})
    parts.passages.push({text: said.trim(), at, kind: 'comment', section: 0, listed: false})
  }
}
