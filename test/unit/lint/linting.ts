import {createHash} from 'node:crypto'
import {lint} from '../../../src/lint/index.ts'
import type {Linted, LintFinding, LintOptions} from '../../../src/lint/types.ts'
import {PROFILES} from '../../../src/scopes/profiles.ts'

/** Looks like a token and is none: no file of the repository holds it. */
export const HEX = createHash('sha1').update('made up for the lint tests').digest('hex')

/** So many letters and digits, as tokens of other services have them behind their beginnings. */
export function word(length: number): string {
  const digest = (part: number) => createHash('sha512').update(`made up ${part}`).digest('base64')
  return [0, 1, 2].map(digest).join('').replaceAll(/\W/g, '').slice(0, length)
}

export const OPTIONS: LintOptions = {
  profiles: new Map(Object.entries(PROFILES)),
  profile: undefined,
  version: '1.22',
  fix: false,
  secretKey: 'GITEA_TOKEN',
  checkInventory: () => [],
}

/** Lints one text as the file of that name. */
export async function linted(file: string, text: string, options: Partial<LintOptions> = {}): Promise<Linted> {
  for await (const one of lint([{file, text}], {...OPTIONS, ...options})) return one
  throw new Error(`${file} is in no language that is linted`)
}

export async function findingsIn(
  file: string,
  text: string,
  options: Partial<LintOptions> = {},
): Promise<LintFinding[]> {
  return (await linted(file, text, options)).result.findings
}

export async function rulesIn(file: string, text: string, options: Partial<LintOptions> = {}): Promise<string[]> {
  return (await findingsIn(file, text, options)).map(({rule}) => rule)
}

/** `3 scope-unknown`, in the file's order. */
export function lineAndRule({at, rule}: LintFinding): string {
  return `${at.start.line} ${rule}`
}
