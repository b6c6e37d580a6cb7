import type {Rule} from '../fleet/rules.ts'
import {table} from './table.ts'

/** One rule as `audit --list-rules --json` shows it. */
export type RuleView = Pick<Rule, 'id' | 'severity' | 'title' | 'explains' | 'needs' | 'ref'> & {
  fix: string | null
  note: string | null
}

/** What stands for the names in a rule's fix. */
const PLACEHOLDERS = {agent: 'AGENT', user: 'USER', workspace: 'WORKSPACE', repo: 'OWNER/NAME'}

/** A rule without its code. */
export function ruleView({id, severity, title, explains, needs, ref, fix}: Rule): RuleView {
  const token = {id: undefined, name: undefined}
  const {command = null, note = null} = fix({...PLACEHOLDERS, token})
  return {id, severity, title, explains, needs, ref, fix: command, note}
}

/** What a list of rules shows of each. */
type ListedRule = Pick<Rule, 'severity' | 'title'> & {id: string}

/** All rules for people, one line each. */
export function rulesText(rules: readonly ListedRule[], width?: number): string {
  const rows = rules.map(({id, severity, title}) => [id, severity, title])
  return table([{title: 'RULE'}, {title: 'SEVERITY'}, {title: 'FOUND', cut: true}], rows, width)
}
