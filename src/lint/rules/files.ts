import type {FindingDraft, Judge} from '../draft.ts'
import type {NamedValue} from '../reading.ts'
import {FORGE_KEYS, isSecretWrite} from './platform.ts'
import {isDenied, sentencesOf} from './prose.ts'

/** What files and texts say about the platform's and Gitea's own files. */
export const judgeFiles: Judge = function* (reading, {options}) {
  for (const value of reading.values) {
    const key = globalKey(value, [options.secretKey, ...FORGE_KEYS])
    if (key !== undefined) yield globally(key, value)
  }
  const pushes = reading.requests.some(isSecretWrite)
  for (const script of pushes ? reading.scripts : []) {
    for (const {words} of script.shell.commands) {
      const word = words.find(({text}) => text.includes('secrets.d/'))
      if (word) yield unfed(script.where(word.at))
    }
  }
  const namesVersion = reading.text.includes('1.22.6')
  for (const passage of reading.passages) {
    for (const {text, at} of sentencesOf(passage)) {
      const writes = /\b(?:inject\w*|writes?|written|feeds?|fed|lands?|appears?|updates?|populates?)\b/i.test(text)
      const denied = isDenied(text) || /\bnot\b|n['’]t\b|\bnothing\b|\bnever\b|\bno\b/i.test(text)
      if (text.includes('secrets.d/') && /secret/i.test(text.replace('secrets.d', '')) && writes && !denied)
        yield unfed(at)
      if (namesVersion) yield* sourceLines(text, at.from)
    }
  }
}

/** A git token's key among what a template gives to every workspace of a tenant. */
function globalKey({path, name, value}: NamedValue, keys: readonly string[]): string | undefined {
  const global = path.some((key) =>
    /^global(?:[_-]?(?:secrets|env|environment))?s?$|^(?:tenant|org)[_-](?:secrets|env|environment)$/i.test(key),
  )
  const tenant = /(?:^|\.)(?:tenant|org)\.(?:secrets|env|environment)\./i.test(path.join('.'))
  if (!global && !tenant) return undefined
  if (keys.includes(name)) return name
  return (name === '-' || name === 'key' || name === 'name') && keys.includes(value) ? value : undefined
}

function globally(key: string, {at}: NamedValue): FindingDraft {
  return {
    rule: 'global-secret-forbidden',
    at,
    message: `${key} among the global secrets: the platform aborts provisioning of every workspace that would get it.`,
    fix: 'Declare it per workspace; patrol onboard and patrol push store it there.',
    kind: key,
  }
}

function unfed(at: {from: number; to: number}): FindingDraft {
  return {
    rule: 'secret-file-unfed',
    at,
    message:
      'The secrets API does not write this file: a secret reaches the agent as an environment variable, when its workspace is provisioned.',
    fix: 'Let the agent say which token it really holds: patrol smoke AGENT',
    kind: 'secrets.d',
  }
}

/** Where the groups of `routers/api/v1/api.go` stand in 1.22.6. */
const GROUPS: readonly {what: string; from: number; to: number}[] = [
  {what: 'the scope gate', from: 309, to: 313},
  {what: 'the pull request routes', from: 1276, to: 1310},
  {what: 'the issue routes', from: 1379, to: 1491},
]

function* sourceLines(text: string, at: number): Iterable<FindingDraft> {
  for (const match of text.matchAll(/\bapi\.go:(\d+)-(\d+)/g)) {
    const [from, to] = [Number(match[1]), Number(match[2])]
    const group = GROUPS.find((candidate) => from <= candidate.to && candidate.from <= to)
    if (!group || (group.from === from && group.to === to)) continue
    const start = at + match.index
    yield {
      rule: 'source-lines-inexact',
      at: {from: start, to: start + match[0].length},
      message: `In Gitea 1.22.6 ${group.what} stand in lines ${group.from}-${group.to}, not ${from}-${to}.`,
      fix: `Write api.go:${group.from}-${group.to}, or ask for the version at hand: patrol explain METHOD PATH`,
      kind: `${from}-${to}`,
    }
  }
}
