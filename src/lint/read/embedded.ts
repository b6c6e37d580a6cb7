import {languageByPath} from '../language.ts'
import type {FileLanguage} from '../types.ts'
import {isCall} from './shell.ts'

/** Keys under which other files hand something to a shell. */
const RUNS =
  /(?:^|[._-])(?:run|scripts?|commands?|cmds?|args|argv|entrypoint|runcmd|bootcmd|shell|raw|exec|source|inline|userdata|user_data|hooks?|test)$|(?:command|script|hook)s?$/i

/** Keys whose words are for people. */
const TELLS = /desc|help|note|message|readme|comment|text|summary|about|title|usage|example|docs?$/i

/** Languages that a file within a file is read in. */
const NESTED = new Set<FileLanguage>([
  'shell',
  'env',
  'yaml',
  'json',
  'hcl',
  'dockerfile',
  'makefile',
  'unit',
  'netrc',
  'nix',
])

/** A string within another file: the keys that lead to it, and the file that it becomes, where that is told beside it. */
export interface Held {
  path: readonly string[]
  text: string
  file?: string | undefined
}

/** What a string is read as, where it is a file or a script of its own. */
export function embedded({path, text, file}: Held): FileLanguage | undefined {
  const key = path.findLast((name) => name !== '-') ?? ''
  if (/^\s*#!.*\b(?:ba|da|z|k|a)?sh\b/.test(text)) return 'shell'
  if (/^\s*#cloud-config\b/.test(text)) return 'yaml'
  if (/^\s*\{\s*"[^"]*"\s*:/.test(text)) return 'json'
  const named = [file, key.includes('.') ? key : undefined].flatMap((name) => {
    const language = name === undefined ? undefined : languageByPath(name)
    return language && language !== 'look' && NESTED.has(language) ? [language] : []
  })
  if (named[0] && /[\s=]/.test(text)) return named[0]
  if (RUNS.test(key)) return isCall(text) || SETS_SECRET.test(text) ? 'shell' : undefined
  return !TELLS.test(key) && text.trimEnd().includes('\n') && CALLED_LINE.test(text) && isCall(text)
    ? 'shell'
    : undefined
}

const SETS_SECRET = /(?:^|[\s;&])\w*(?:TOKEN|SECRET|PASS|PASSWORD|PW)=\S/i

/** A line that begins as a command does. */
const CALLED_LINE =
  /^\s*(?:\$ |sudo |if |while |until |export |\w+=["']?\$\()?(?:\S*\/)?(?:curl|wget|gitea|forgejo|tea|fj|docker|kubectl|su|su-exec|gosu)\s/m
