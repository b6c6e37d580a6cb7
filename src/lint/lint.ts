import {createHash} from 'node:crypto'
import {catalogue} from '../scopes/catalogue.ts'
import {linesOf} from '../syntax/lines.ts'
import type {FindingDraft, LintKnowledge} from './draft.ts'
import {applyEdits} from './fix.ts'
import {languageOf} from './language.ts'
import {read} from './read/index.ts'
import {lintRule} from './rules.ts'
import {JUDGES} from './rules/index.ts'
import {sift} from './suppress.ts'
import type {FileLanguage, Linted, LintedFile, LintFinding, LintInput, LintOptions} from './types.ts'

/** An edit may uncover the next (two names in one place); a handful of rounds is more than any file has needed. */
const ROUNDS = 8

/**
 * Lints files one after the other, in the order given; files in no language that is linted are left out. With `fix`
 * the findings are those that remain, at their places in `fixedText`.
 */
export async function* lint(
  inputs: AsyncIterable<LintInput> | Iterable<LintInput>,
  options: LintOptions,
): AsyncGenerator<Linted> {
  const knowledge: LintKnowledge = {options, catalogue: await catalogue(options.version)}
  for await (const input of inputs) {
    const {file} = input
    if ('passed' in input) continue
    if ('unread' in input) {
      yield {result: unreadable(file, input.unread), fixedText: undefined}
      continue
    }
    const language = languageOf(file, input.text)
    if (!language) continue
    yield await lintText(file, input.text, language, knowledge)
  }
}

async function lintText(
  file: string,
  original: string,
  language: FileLanguage,
  knowledge: LintKnowledge,
): Promise<Linted> {
  let text = original
  let fixed = 0
  let result = await judge(file, text, language, knowledge)
  for (let round = 0; knowledge.options.fix && round < ROUNDS; round++) {
    const edits = result.findings.flatMap(({edit}) => (edit ? [edit] : []))
    const {text: mended, applied} = applyEdits(text, edits)
    if (applied === 0) break
    fixed += applied
    text = mended
    result = await judge(file, text, language, knowledge)
  }
  return {result: {...result, fixed}, fixedText: fixed > 0 ? text : undefined}
}

async function judge(
  file: string,
  text: string,
  language: FileLanguage,
  knowledge: LintKnowledge,
): Promise<LintedFile> {
  const reading = await read(file, text, language)
  const lines = linesOf(text)
  const drafts = unique(JUDGES.flatMap((rule) => [...rule(reading, knowledge)]))
  const {standing, suppressed} = sift(drafts, reading, lines, knowledge.options)
  const seen = new Map<string, number>()
  const finding = (draft: FindingDraft): LintFinding => {
    const same = `${draft.rule}\0${draft.kind}`
    const ordinal = (seen.get(same) ?? 0) + 1
    seen.set(same, ordinal)
    const {severity, ref} = lintRule(draft.rule)!
    return {
      rule: draft.rule,
      severity,
      file,
      at: lines.span(draft.at.from, draft.at.to),
      message: draft.message,
      fix: draft.fix,
      edit: draft.edit,
      ref,
      fingerprint: fingerprintOf([draft.rule, file, draft.kind, String(ordinal)]),
    }
  }
  const inOrder = (a: FindingDraft, b: FindingDraft) => a.at.from - b.at.from || a.rule.localeCompare(b.rule)
  const reasons = new Map(suppressed.map(({draft, reason}) => [draft, reason]))
  const all = [...standing, ...reasons.keys()].toSorted(inOrder).map((draft) => ({draft, finding: finding(draft)}))
  return {
    file,
    language,
    findings: all.filter(({draft}) => !reasons.has(draft)).map((item) => item.finding),
    suppressed: all.flatMap((item) => {
      const reason = reasons.get(item.draft)
      return reason === undefined ? [] : [{finding: item.finding, reason}]
    }),
    fixed: 0,
    unread: reading.unread.map(({reason, at}) => ({reason, at: at && lines.span(at.from, at.to)})),
  }
}

/** What `ssh HOST COMMAND` runs is read as a part of `ssh` and by itself; it is faulty once. */
function unique(drafts: readonly FindingDraft[]): FindingDraft[] {
  const said = ({rule, at, message}: FindingDraft) => JSON.stringify([rule, at.from, at.to, message])
  return [...new Map(drafts.map((draft) => [said(draft), draft])).values()]
}

/** From names and order only: the same when lines move, and never from a secret. */
function fingerprintOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20)
}

function unreadable(file: string, reason: string): LintedFile {
  const language = languageOf(file, '') ?? 'shell'
  return {file, language, findings: [], suppressed: [], fixed: 0, unread: [{reason, at: undefined}]}
}
