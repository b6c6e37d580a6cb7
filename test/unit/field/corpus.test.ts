import {readdirSync, readFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {describe, expect, test} from 'vitest'
import {FIELD, pastes, programs, provisions} from '../../../scripts/field/labels.ts'
import {LINT_RULES} from '../../../src/lint/rules.ts'
import {SCOPES} from '../../../src/scopes/vocabulary.ts'

describe('the inputs of bench:field are well-formed:', () => {
  test.each([
    {kind: 'lines', atLeast: 60},
    {kind: 'answers', atLeast: 60},
  ] as const)('$kind that are pasted', ({kind, atLeast}) => {
    const all = pastes(kind)
    expect(all.length).toBeGreaterThanOrEqual(atLeast)
    expect(twice(all.map(({name}) => name))).toEqual([])
    expect(twice(all.map(({text}) => text))).toEqual([])
    expect(strange(all.flatMap(({scopes = [], oneOf = []}) => [...scopes, ...oneOf.flat()]))).toEqual([])
  })

  test('about a sixth of the lines holds no call', () => {
    const lines = pastes('lines')
    const without = lines.filter(({nothing}) => nothing).length / lines.length
    expect(without).toBeGreaterThan(1 / 8)
    expect(without).toBeLessThan(1 / 4)
  })

  test('programs, each with its label', () => {
    const needs = programs()
    expect(needs.size).toBeGreaterThanOrEqual(40)
    expect([...needs.keys()].toSorted()).toEqual(readdirSync(join(FIELD, 'infer/programs')).toSorted())
    expect(strange([...needs.values()].flatMap(({scopes}) => scopes.flat()))).toEqual([])
  })

  test('provisioning files, each with its faults', () => {
    const all = provisions()
    expect(all.size).toBeGreaterThanOrEqual(150)
    expect([...all.keys()].toSorted()).toEqual(filesBelow('lint/files').toSorted())
    const rules = new Map<string, string>(LINT_RULES.map(({id, severity}) => [id, severity]))
    const faults = [...all].flatMap(([file, own]) => own.map((fault) => ({file, ...fault})))
    expect(faults.filter(({rule}) => (rules.get(rule) ?? 'low') === 'low')).toEqual([])
    const lines = (file: string): number => readFileSync(join(FIELD, 'lint/files', file), 'utf8').split('\n').length
    expect(faults.filter(({file, from, to}) => from < 1 || to < from || to > lines(file))).toEqual([])
  })

  test('two provisioning files in five have no fault', () => {
    const all = [...provisions().values()]
    expect(all.filter((faults) => faults.length === 0).length / all.length).toBeGreaterThan(0.35)
  })

  test('every secret is marked as made up, and no host is anybody’s', () => {
    const texts = filesBelow('.').map((file) => ({file, text: readFileSync(join(FIELD, file), 'utf8')}))
    expect(texts.flatMap(({file, text}) => unmarked(text).map((value) => `${file}: ${value}`))).toEqual([])
    expect(new Set(texts.flatMap(({text}) => hosts(text).filter((host) => !OTHERS.has(host))))).toEqual(new Set())
    expect(texts.filter(({text}) => LIVE_SHAPES.test(text))).toEqual([])
  })
})

/** Stands in every value here that a reader could take for a secret's; a commit's id is made up too. */
const MARK = 'f1e1d'

/** An address in plain sight, which is no secret. */
const PLAIN = /\/api\/v1\/|\.example$/

/** What providers' own scanners look for: not even made up ones belong into a repository. */
const LIVE_SHAPES =
  /\b(?:ghp|gho|ghs|github_pat|glpat|xox[abps]|AKIA|AIza|npm|sk)[_-]?[A-Za-z0-9]{16,}|BEGIN [A-Z ]*PRIVATE KEY/

/** Hosts that inputs name because they are not Gitea's. */
const OTHERS = new Set(['api.github.com', 'developer.mozilla.org', 'agents-team.moleculesai.app'])

const VALUES = [
  // A token, a digest, a commit.
  /\b[0-9a-f]{32,}\b/g,
  // What is named a secret, and is written out.
  /(?:pass(?:word|wd)?|pw|token|secret|api_?key|sha1)["']?\s*[:=]\s*["']?([\w+/.-]*[0-9][\w+/.=-]*)(?=["'\s@]|$)/gim,
  // Anything else that looks random: mixed case and digits.
  /(?<![\w/+.-])(?=[\w+/]*[a-z])(?=[\w+/]*[A-Z])(?=[\w+/]*\d)[\w+/]{30,}={0,2}/g,
]

function unmarked(text: string): string[] {
  return VALUES.flatMap((shape) => [...text.matchAll(shape)].map(([all, value = all]) => value)).filter(
    (value) => value.length >= 8 && !readings(value).some((reading) => reading.includes(MARK) || PLAIN.test(reading)),
  )
}

/** A value as it stands, and what it encodes. */
function readings(value: string): string[] {
  return [value, Buffer.from(value, 'base64').toString(), Buffer.from(value, 'hex').toString()]
}

function hosts(text: string): string[] {
  return [...text.matchAll(/https?:\/\/(?:[^\s/@"']*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi)]
    .map(([, host]) => host!)
    .filter((host) => !/\.(?:example|internal|monitoring)$|^example\.com$|\.example\.com$|^[\d.]+$/.test(host))
}

function filesBelow(directory: string): string[] {
  const root = join(FIELD, directory)
  return readdirSync(root, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at)
}

function strange(scopes: readonly string[]): string[] {
  return scopes.filter((scope) => !SCOPES.some((known) => known === scope))
}
