import {contiguous} from '../excerpt.ts'
import type {Parts, FileReading} from '../reading.ts'
import type {FileLanguage} from '../types.ts'

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
  try {
    await readParts(text, language, parts, aboutGitea)
  } catch (error) {
    // The parsers of Markdown and YAML recurse; no text that is meant to be read makes them run out of stack.
    if (!(error instanceof RangeError)) throw error
    parts.unread.push({reason: 'this is nested too deeply to be read', at: undefined})
  }
  parts.requests.sort((a, b) => a.at.from - b.at.from)
  return {file, text, language, aboutGitea, ...parts}
}

async function readParts(text: string, language: FileLanguage, parts: Parts, aboutGitea: boolean): Promise<void> {
  const whole = contiguous(text, 0)
  switch (language) {
    case 'shell': {
      const {readScript} = await import('./shell.ts')
      const script = await readScript(whole, parts)
      const [first, ...more] = script.shell.unread
      if (first) {
        const rest = more.length > 0 ? `, nor ${more.length} more places` : ''
        const reason = `the shell grammar cannot read this${rest}; what stands around was linted`
        parts.unread.push({reason, at: script.where(first)})
      }
      return
    }
    case 'env': {
      const {readEnv} = await import('./env.ts')
      return readEnv(text, parts)
    }
    case 'markdown': {
      const {readMarkdown} = await import('./markdown.ts')
      return readMarkdown(text, parts, aboutGitea)
    }
    case 'hcl': {
      const {readHcl} = await import('./hcl.ts')
      return readHcl(whole, parts, {strict: true})
    }
    case 'workflow':
    case 'yaml':
    case 'inventory': {
      const {readYaml} = await import('./yaml.ts')
      // What is wrong with patrol.yaml its own check says better.
      return readYaml(whole, parts, {inventory: language === 'inventory', strict: language !== 'inventory'})
    }
  }
}
