import {basename} from 'node:path'
import type {FileLanguage} from './types.ts'

const BY_ENDING: readonly (readonly [endings: RegExp, FileLanguage])[] = [
  [/^(?:sh|bash)$/, 'shell'],
  [/^env$/, 'env'],
  [/^ya?ml$/, 'yaml'],
  [/^(?:tf|tfvars|hcl)$/, 'hcl'],
  [/^(?:md|markdown)$/, 'markdown'],
]

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh'])

/** What a file is by its path alone: undefined for one that is not linted, `'look'` where its first line decides. */
export function languageByPath(file: string): FileLanguage | 'look' | undefined {
  const path = file.replaceAll('\\', '/')
  const name = basename(path)
  if (name === 'patrol.yaml' || name === 'patrol.yml') return 'inventory'
  const ending = name === '.env' || name.includes('.', 1) ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : ''
  const [, known] = BY_ENDING.find(([endings]) => endings.test(ending)) ?? []
  if (known === 'yaml' && (liesIn(path, 'workflows') || /^action\.ya?ml$/.test(name))) return 'workflow'
  if (known) return known
  return ending === '' || liesIn(path, 'scripts') ? 'look' : undefined
}

/** What a file is read as, by path and content; undefined for one that is not linted. */
export function languageOf(file: string, text: string): FileLanguage | undefined {
  const byPath = languageByPath(file)
  if (byPath !== 'look' && byPath !== 'shell') return byPath
  const interpreter = interpreterOf(text)
  if (interpreter) return SHELLS.has(interpreter) ? 'shell' : undefined
  if (byPath === 'shell') return 'shell'
  return liesIn(file.replaceAll('\\', '/'), 'scripts') && !basename(file).includes('.', 1) ? 'shell' : undefined
}

/** `bash` of `#!/usr/bin/env -S bash -e`. */
function interpreterOf(text: string): string | undefined {
  const [line = ''] = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)
  if (!line.startsWith('#!')) return undefined
  const words = line
    .slice(2)
    .trim()
    .split(/\s+/)
    .map((word) => basename(word))
  const named = words[0] === 'env' ? words.slice(1).find((word) => !word.startsWith('-')) : words[0]
  return named ?? ''
}

function liesIn(path: string, folder: 'scripts' | 'workflows'): boolean {
  return ['.gitea', '.github', '.forgejo'].some((forge) => `/${path}`.includes(`/${forge}/${folder}/`))
}
