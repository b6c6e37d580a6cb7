import {distance} from 'fastest-levenshtein'
import type {TextLines} from '../syntax/lines.ts'
import type {FindingDraft} from './draft.ts'
import type {FileReading, Remark} from './reading.ts'
import {LINT_RULES, lintRule} from './rules.ts'
import type {LintOptions} from './types.ts'

/** What a file's comments make of its findings. */
export interface Sifted {
  standing: FindingDraft[]
  suppressed: {draft: FindingDraft; reason: string}[]
}

interface Directive {
  remark: Remark
  rules: readonly string[]
  reason: string
  wholeFile: boolean
  used: Set<string>
}

/** Applies `patrol-lint: ignore RULE -- reason`; adds findings for comments that lack a reason or do nothing. */
export function sift(
  drafts: readonly FindingDraft[],
  reading: FileReading,
  lines: TextLines,
  options: LintOptions,
): Sifted {
  const directives: Directive[] = []
  const standing: FindingDraft[] = []
  const suppressed: Sifted['suppressed'] = []
  const own: FindingDraft[] = []
  for (const remark of reading.comments) {
    const read = directiveOf(remark)
    if (read === undefined) {
      const profile = profileIn(remark)
      if (profile !== undefined && !options.profiles.has(profile)) own.push(noProfile(remark, profile, options))
    } else if (read.reason === '') own.push(reasonless(remark, read))
    else directives.push(read)
  }
  for (const draft of drafts) {
    const by = directives.filter((directive) => covers(directive, draft, lines, reading.text))
    for (const {used} of by) used.add(draft.rule)
    const [first] = by
    if (first) suppressed.push({draft, reason: first.reason})
    else standing.push(draft)
  }
  for (const directive of directives) {
    for (const rule of directive.rules) if (!directive.used.has(rule)) own.push(unused(directive.remark, rule))
  }
  return {standing: [...standing, ...own], suppressed}
}

/** `patrol-lint: ignore RULE[,RULE] -- reason`, or `ignore-file`; undefined for other comments. */
function directiveOf(remark: Remark): Directive | undefined {
  const [, where, list = '', reason = ''] =
    /^patrol-lint:\s*(ignore|ignore-file)(?=\s|$)\s*(.*?)\s*(?:\s--\s*([\s\S]*))?$/.exec(remark.text) ?? []
  if (where === undefined) return undefined
  const rules = list.split(/[\s,]+/).filter((rule) => rule !== '' && rule !== '--')
  return {remark, rules, reason: reason.trim(), wholeFile: where === 'ignore-file', used: new Set()}
}

/** The profile that a comment declares: `patrol-lint: profile NAME`. */
export function profileIn({text}: Remark): string | undefined {
  return /^patrol-lint:\s*profile\s+(\S+)/.exec(text)?.[1]
}

/**
 * Behind code a comment is about its own line. Alone on its line it is about the next one too, and about what begins
 * there: a command of several lines, a fenced block.
 */
function covers(
  {remark, rules, wholeFile}: Directive,
  {rule, at}: FindingDraft,
  lines: TextLines,
  text: string,
): boolean {
  if (!rules.includes(rule)) return false
  if (wholeFile) return true
  const line = lines.place(at.from).line
  const {start, end} = lines.span(remark.at.from, remark.at.to)
  if (line >= start.line && line <= end.line) return true
  if (/\w/.test(text.slice(remark.at.from - start.column + 1, remark.at.from))) return false
  if (line === end.line + 1) return true
  return remark.covers !== undefined && remark.covers.from <= at.from && at.from < remark.covers.to
}

function reasonless({at}: Remark, {rules}: Directive): FindingDraft {
  const named = rules.length > 0 ? rules.join(',') : 'RULE'
  return {
    rule: 'suppression-without-reason',
    at,
    message: 'This comment gives no reason, so it suppresses nothing.',
    fix: `Write: patrol-lint: ignore ${named} -- why it is right here`,
    kind: named,
  }
}

function unused({at}: Remark, rule: string): FindingDraft {
  const near = LINT_RULES.toSorted((a, b) => distance(a.id, rule) - distance(b.id, rule))[0]
  const known = lintRule(rule) !== undefined
  return {
    rule: 'suppression-unused',
    at,
    message: known ? `Nothing here breaks "${rule}"; the comment suppresses nothing.` : `There is no rule "${rule}".`,
    fix: known || !near || distance(near.id, rule) > 4 ? 'Take the comment out.' : `Write "${near.id}".`,
    kind: rule,
  }
}

function noProfile({at}: Remark, profile: string, {profiles}: LintOptions): FindingDraft {
  return {
    rule: 'suppression-unused',
    at,
    message: `There is no profile "${profile}", so nothing is measured by it.`,
    fix: `Name one of: ${[...profiles.keys()].join(', ')}.`,
    kind: profile,
  }
}
