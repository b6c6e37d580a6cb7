import type {Parts} from '../reading.ts'

/** `export NAME=`, and the blanks around it. */
const NAME = /^[\s\uFEFF]*(?:export\s+)?([\w.-]+)\s*[=:]\s*/

/**
 * Reads a file of settings as `docker --env-file` and dotenv do: `NAME=value` on a line of its own, and comments. The
 * shell's grammar is no help: `NAME=it's me` is whole here. Other lines hold nothing.
 */
export function readEnv(text: string, parts: Parts): void {
  for (const {0: line, index} of text.matchAll(/[^\r\n]+/g)) {
    const [before = '', name] = NAME.exec(line) ?? []
    const [quoted, , inside] = /^(["'])(.*?)\1/.exec(line.slice(before.length)) ?? []
    const mark = /(?<=^|[\s\uFEFF])#\s*/g
    mark.lastIndex = name === undefined ? 0 : before.length + (quoted?.length ?? 0)
    const comment = mark.exec(line)
    if (name !== undefined) {
      const value = inside ?? line.slice(before.length, comment?.index).trimEnd()
      const from = index + before.length + (quoted === undefined ? 0 : 1)
      parts.values.push({path: [name], name, value, at: {from, to: from + value.length}})
    }
    if (comment) {
      const said = line.slice(comment.index + comment[0].length).trimEnd()
      const from = index + comment.index + comment[0].length
      const at = {from, to: from + said.length}
      parts.comments.push({text: said, at, covers: undefined})
      parts.passages.push({text: said, at, kind: 'comment', section: 0, listed: false})
    }
  }
}
