import {outer, pieced, type Excerpt, type SourceLine} from '../excerpt.ts'
import type {Parts, ReadUse} from '../reading.ts'
import {listed} from './argv.ts'
import {embedded} from './embedded.ts'
import {comments, readEnv, setting} from './env.ts'
import {readScript, type Around} from './shell.ts'

/** Formats of lines: settings, and commands that a shell runs. */
export type RecipeFormat = 'dockerfile' | 'makefile' | 'unit'

/** Reads what Dockerfiles, Makefiles (and Justfiles) and systemd's units set and run. */
export async function readRecipes(excerpt: Excerpt, format: RecipeFormat, parts: Parts, use: ReadUse): Promise<void> {
  const {text} = excerpt
  comments(text, format === 'unit' ? /^[ \t]*[#;][^\n]*/gm : /^[ ]*#[^\n]*/gm, excerpt.stretch, parts)
  const around: Around = {known: new Map()}
  const run = async (lines: readonly SourceLine[], purpose?: string) => {
    if (lines.length > 0) await readScript(outer(pieced(lines), excerpt), parts, {...around, purpose})
  }
  const file = async (lines: readonly SourceLine[], path: string) => {
    const held = outer(pieced(lines), excerpt)
    const language = embedded({path: [path], text: held.text, file: path})
    if (language) await use.nested(language, held)
  }
  const set = (line: SourceLine) => pairs(line, excerpt, parts)
  const settings = (line: SourceLine) => readEnv(outer(pieced([line]), excerpt), parts)
  for (const lines of READERS[format].parts(linesIn(text)))
    await READERS[format].read(lines, {run, file, set, settings})
}

interface RecipeSinks {
  run: (lines: readonly SourceLine[], purpose?: string) => Promise<void>
  /** A file that is written, and where. */
  file: (lines: readonly SourceLine[], path: string) => Promise<void>
  /** Several pairs on one line. */
  set: (line: SourceLine) => void
  /** One pair. */
  settings: (line: SourceLine) => void
}

interface RecipeReader {
  /** The lines that belong together. */
  parts(lines: readonly SourceLine[]): SourceLine[][]
  read(lines: readonly SourceLine[], sinks: RecipeSinks): Promise<void>
}

const READERS: Readonly<Record<RecipeFormat, RecipeReader>> = {
  dockerfile: {
    parts: (lines) => documents(joined(lines)),
    async read([first, ...rest], {run, file, set}) {
      const [head = '', word = ''] =
        /^\s*(?:ONBUILD\s+)?([A-Za-z]+)\s+(?:--?\w[\w-]*(?:=\S+)?\s+)*/.exec(first?.text ?? '') ?? []
      if (!first) return
      const body = [behind(first, head.length), ...rest]
      switch (word.toUpperCase()) {
        case 'ENV':
        case 'ARG':
        case 'LABEL':
          return set(paired(flat(body)))
        case 'HEALTHCHECK':
          return await run(
            [behind(first, head.length + (/^CMD\s+/.exec(body[0]!.text)?.[0].length ?? 0)), ...rest],
            'health check',
          )
        case 'COPY':
        case 'ADD': {
          const [, path] = /^<<-?\s*['"]?\w+['"]?\s+(\S+)/.exec(body[0]!.text) ?? []
          return path === undefined ? undefined : await file(body.slice(1, -1), path)
        }
        case 'RUN':
        case 'CMD':
        case 'ENTRYPOINT':
          if (body[0]!.text.startsWith('[')) return await run(listed(flat(body)))
          // `RUN <<EOF`: what stands in the document is the script.
          return await run(/^<<-?\s*['"]?\w+['"]?\s*$/.test(body[0]!.text) ? body.slice(1, -1) : body)
        default:
      }
    },
  },
  makefile: {
    parts: recipesOf,
    async read(lines, {run, settings}) {
      const [first] = lines
      if (first && !/^[ \t]/.test(first.text)) return settings(first)
      await run(lines.map((line, index) => recipeLine(line, lines[index - 1])).flatMap(expandable))
    },
  },
  unit: {
    parts: joined,
    async read(lines, {run, set, settings}) {
      const [first, ...rest] = lines
      const [head, key = ''] = /^\s*(\w+)\s*=\s*/.exec(first?.text ?? '') ?? []
      if (!first || head === undefined) return
      const body = [behind(first, head.length), ...rest]
      if (/^(?:Default)?Environment$/.test(key)) return set(flat(body))
      // `-`, `@`, `+` and their like before a command are systemd's.
      const [marks = ''] = /^[-@:+!|]+/.exec(body[0]!.text) ?? []
      if (/^Exec\w*$|^HealthCmd$/.test(key)) await run([behind(body[0]!, marks.length), ...rest])
      else settings(first)
    },
  },
}

/** The lines of a text, each with its line break. */
function linesIn(text: string): SourceLine[] {
  return [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map(({0: line, index}) => ({
    text: line.replace(/\r?\n?$/, '\n'),
    at: index,
  }))
}

/** Lines that end in a backslash go on in the next; comments between them are none of it. */
function joined(lines: readonly SourceLine[]): SourceLine[][] {
  const groups: SourceLine[][] = []
  let goesOn = false
  for (const line of lines) {
    if (/^\s*[#;]/.test(line.text)) continue
    if (goesOn) groups.at(-1)?.push(line)
    else groups.push([line])
    goesOn = /\\\s*$/.test(line.text)
  }
  return groups
}

/** Here-documents belong to the instruction that they stand behind. */
function documents(groups: readonly SourceLine[][]): SourceLine[][] {
  const found: SourceLine[][] = []
  let end: string | undefined
  for (const group of groups) {
    if (end === undefined) {
      found.push(group)
      end = /^\s*(?:RUN|COPY|ADD)\b.*<<-?\s*['"]?(\w+)/i.exec(group[0]?.text ?? '')?.[1]
    } else {
      found.at(-1)?.push(...group)
      if (group.some(({text}) => text.trim() === end)) end = undefined
    }
  }
  return found
}

/** A rule's recipe is one script; every other line is by itself. */
function recipesOf(lines: readonly SourceLine[]): SourceLine[][] {
  const groups: SourceLine[][] = []
  for (const line of lines) {
    const last = groups.at(-1)
    const indented = /^[ \t]+\S/.test(line.text) || (line.text.trim() === '' && /^[ \t]/.test(last?.[0]?.text ?? ''))
    if (indented && /^[ \t]/.test(last?.[0]?.text ?? '')) last?.push(line)
    else groups.push([line])
  }
  return groups
}

/** Without indentation, and without make's own marks where a command begins. */
function recipeLine(line: SourceLine, before: SourceLine | undefined): SourceLine {
  const goesOn = before !== undefined && /\\\s*$/.test(before.text)
  return behind(
    line,
    /^[ \t]*/.exec(line.text)![0].length + (goesOn ? 0 : (/^[ \t]*([-@+]*)/.exec(line.text)![1]?.length ?? 0)),
  )
}

/** `$(NAME)` is a variable of make's, `{{NAME}}` one of just's; `$$` is the shell's own dollar. */
function expandable({text, at}: SourceLine): SourceLine[] {
  const plain = text
    .replaceAll(/\$\((\w+)\)/g, '${$1}')
    .replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, (whole) => `\${${whole.slice(2, -1).replaceAll(/\W/g, '_')}}`)
  return [...plain.matchAll(/\$\$|[^$]+|\$/g)].map(({0: piece, index}) =>
    piece === '$$' ? {text: '$', at: at + index + 1} : {text: piece, at: at + index},
  )
}

function behind({text, at}: SourceLine, length: number): SourceLine {
  return {text: text.slice(length), at: at + length}
}

/** Several lines as one; its places are those of the first as long as nothing was left out between them. */
function flat(lines: readonly SourceLine[]): SourceLine {
  const [first] = lines
  return {
    text: lines.map(({text}) => text.replace(/\\\s*\n$/, (end) => ' '.repeat(end.length))).join(''),
    at: first?.at ?? 0,
  }
}

/** Docker's old `ENV NAME value`, with the `=` that it means. */
function paired({text, at}: SourceLine): SourceLine {
  return {text: text.replace(/^(\w+)\s+(?=[^\s=]+\s*$)/, (head) => `${head.slice(0, -1)}=`), at}
}

/** `NAME=value OTHER="a value" "THIRD=too"`. */
function pairs({text, at}: SourceLine, excerpt: Excerpt, parts: Parts): void {
  for (const {0: word, index} of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)) {
    const bare = word.replace(/^(["'])(.*)\1$/s, '$2')
    const [, name, quoted = ''] = /^([\w.-]+)\s*=(.*)$/s.exec(bare) ?? []
    if (name === undefined) continue
    const value = quoted.replace(/^(["'])(.*)\1$/s, '$2')
    const from = at + index + word.indexOf(value, word.indexOf('='))
    setting(excerpt, {name, from, to: from + value.length}, parts)
  }
}
