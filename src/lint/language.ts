import {basename} from 'node:path'
import type {FileLanguage} from './types.ts'

/** Whole names first, then endings; of several that fit the first counts. */
const BY_NAME: readonly (readonly [names: RegExp, FileLanguage])[] = [
  [/^patrol\.ya?ml$/, 'inventory'],
  [/^action\.ya?ml$/, 'workflow'],
  [/^\.envrc$|\.(?:sh|bash)$/i, 'shell'],
  [/^\.env(?:\.(?!gpg$|asc$|age$|enc$|sops$)[\w-]+)*$|\.env$/i, 'env'],
  [/^\.(?:npmrc|yarnrc|pypirc|gitconfig|curlrc|wgetrc)$|\.(?:ini|conf|cfg|toml|properties)$/i, 'env'],
  [/^[._]netrc$|^\.git-credentials$/, 'netrc'],
  [/^(?:docker|container)file(?:\.[\w.-]+)?$|\.(?:docker|container)file$/i, 'dockerfile'],
  [/^(?:gnu)?makefile(?:\.[\w-]+)?$|\.mk$|^\.?justfile$|\.just$/i, 'makefile'],
  [/\.(?:service|timer|socket|path|container|pod|kube)$/, 'unit'],
  [/\.nix$/i, 'nix'],
  [/\.ya?ml$/i, 'yaml'],
  [/\.(?:tf|tfvars|hcl|nomad)$/i, 'hcl'],
  [/\.jsonc?$|^\.docker(?:configjson|cfg)$/i, 'json'],
  [/\.(?:md|markdown|mdx)$/i, 'markdown'],
]

/** What becomes a file of the name before it. */
const TEMPLATE = /\.(?:tpl|tmpl|tftpl|gotmpl|j2|jinja2?|erb|template|example|sample|dist|in|bak|orig)$/i

/** Written by package managers, of their own tokens; never by hand. */
const GENERATED = /(?:^|[.-])lock\.(?:json|ya?ml|hcl)$|^\.terraform\.lock\.hcl$|^npm-shrinkwrap\.json$/

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh'])

/** What a file is by its path alone: undefined for one that is not linted, `'look'` where its first line decides. */
export function languageByPath(file: string): FileLanguage | 'look' | undefined {
  const path = file.replaceAll('\\', '/')
  const name = basename(path)
  if (GENERATED.test(name)) return undefined
  const [, known] = BY_NAME.find(([names]) => names.test(name)) ?? []
  if (known === 'yaml' && liesIn(path, 'workflows')) return 'workflow'
  if (known) return known
  if (TEMPLATE.test(name)) return languageByPath(path.replace(TEMPLATE, '')) ?? 'look'
  return !name.includes('.', 1) || liesIn(path, 'scripts') ? 'look' : undefined
}

/** What a file is read as, by path and content; undefined for one that is not linted. */
export function languageOf(file: string, text: string): FileLanguage | undefined {
  const byPath = languageByPath(file)
  if (byPath !== 'look' && byPath !== 'shell') return byPath
  const interpreter = interpreterOf(text)
  if (interpreter) return SHELLS.has(interpreter) ? 'shell' : undefined
  if (byPath === 'shell') return 'shell'
  if (/^\uFEFF?#cloud-config\b/.test(text)) return 'yaml'
  const name = basename(file)
  if (TEMPLATE.test(name)) return 'template'
  return liesIn(file.replaceAll('\\', '/'), 'scripts') && !name.includes('.', 1) ? 'shell' : undefined
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
