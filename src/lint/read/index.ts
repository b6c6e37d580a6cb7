import {contiguous, outer, type Excerpt} from '../excerpt.ts'
import type {FileReading, Parts, ReadUse, Script} from '../reading.ts'
import type {Span} from '../../syntax/types.ts'
import type {FileLanguage} from '../types.ts'
import {foreignIn, textsOf} from './foreign.ts'

/** Reads a file in its language. The parsers are loaded with the first file that needs them. */
export async function read(file: string, text: string, language: FileLanguage): Promise<FileReading> {
  const lower = text.toLowerCase()
  const aboutGitea = lower.includes('gitea') || lower.includes('forgejo') || language === 'inventory'
  const parts: Parts = {
    scripts: [],
    requests: [],
    scopeLists: [],
    scopeless: [],
    values: [],
    passages: [],
    comments: [],
    unread: [],
  }
  const whole = contiguous(text, 0)
  const inside: Excerpt[] = []
  try {
    const use: ReadUse = {
      strict: true,
      aboutGitea,
      nested: (inner, excerpt, purpose) => {
        inside.push(excerpt)
        const isScript =
          language === 'workflow' || (language !== 'markdown' && excerpt.text.trimStart().startsWith('#!'))
        return readParts(inner, excerpt, parts, {...use, purpose, strict: isScript && inner === 'shell'})
      },
    }
    await readParts(language, whole, parts, use)
  } catch (error) {
    // The parsers of Markdown and YAML recurse; no text that is meant to be read makes them run out of stack.
    if (!(error instanceof RangeError)) throw error
    parts.unread.push({reason: 'this is nested too deeply to be read', at: undefined})
  }
  parts.requests.sort((a, b) => a.at.from - b.at.from)
  const foreign = await foreignIn(textsOf(whole, inside, parts.values))
  return {file, text, language, aboutGitea, foreign, ...parts}
}

/** Reads a text as its language has it; `strict` where what can't be read of it is to be told. */
async function readParts(language: FileLanguage, excerpt: Excerpt, parts: Parts, use: ReadUse): Promise<void> {
  switch (language) {
    case 'shell': {
      const {readScript} = await import('./shell.ts')
      const script = await readScript(excerpt, parts, {purpose: use.purpose})
      if (use.strict) parts.unread.push(...leftOf(script))
      return
    }
    case 'env': {
      const {readEnv} = await import('./env.ts')
      return readEnv(excerpt, parts)
    }
    case 'netrc': {
      const {readNetrc} = await import('./env.ts')
      return readNetrc(excerpt, parts)
    }
    case 'dockerfile':
    case 'makefile':
    case 'unit': {
      const {readRecipes} = await import('./recipes.ts')
      return readRecipes(excerpt, language, parts, use)
    }
    case 'nix': {
      const {readNix} = await import('./nix.ts')
      return readNix(excerpt, parts)
    }
    case 'markdown': {
      const {readMarkdown} = await import('./markdown.ts')
      return readMarkdown(excerpt.text, parts, use)
    }
    case 'hcl': {
      const {readHcl} = await import('./hcl.ts')
      return readHcl(excerpt, parts, use)
    }
    case 'workflow':
    case 'yaml':
    case 'json':
    case 'template':
    case 'inventory': {
      const {readYaml, withoutTemplate} = await import('./yaml.ts')
      if (language === 'template') {
        const {isCall, readScript} = await import('./shell.ts')
        const script = contiguous(withoutTemplate(excerpt.text), 0)
        if (isCall(script.text)) await readScript(outer(script, excerpt), parts)
      }
      const inventory = language === 'inventory'
      if (language === 'json') return readYaml(outer(contiguous(uncommented(excerpt.text), 0), excerpt), parts, use)
      // What is wrong with patrol.yaml its own check says better; and a template is YAML only later.
      return readYaml(excerpt, parts, {...use, inventory, strict: use.strict && !inventory && language !== 'template'})
    }
  }
}

/** JSON without the comments that editors let stand in it; nothing moves. */
function uncommented(text: string): string {
  return text.replaceAll(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : part.replaceAll(/[^\n]/g, ' '),
  )
}

/** What the shell's grammar could not read of a script, if anything. */
function leftOf(script: Script): Parts['unread'] {
  const [first, ...more] = script.shell.unread
  if (!first) return []
  const {size: length} = new Set(script.shell.unread.flatMap(linesOf))
  const lines =
    length === 1
      ? 'this line was'
      : more.length === 0
        ? `the ${length} lines from here on were`
        : `${length} lines, of which this is the first, were`
  const reason = `the shell grammar cannot read this; ${lines} not linted`
  return [{reason, at: script.where(first)}]
}

function linesOf({start, end}: Span): number[] {
  return Array.from({length: end.line - start.line + 1}, (_, index) => start.line + index)
}
