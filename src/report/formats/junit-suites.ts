import type {Severity} from '../../fleet/types.ts'
import {attributes, text} from './xml.ts'

/** One test case: what it failed on, what could not be told, and what was let pass. It passes without any of these. */
export interface Case {
  name: string
  classname: string
  /** Why it could not be judged. */
  errors: readonly string[]
  failures: readonly {severity: Severity; message: string; details: readonly string[]}[]
  /** What somebody accepted, in sentences. */
  quiet: readonly string[]
  /** Why it was not applied, where it was not. */
  left?: string | undefined
}

/** A suite of cases. */
export interface Suite {
  name: string
  cases: readonly Case[]
  timestamp?: string
  properties?: Readonly<Record<string, string>>
}

/**
 * JUnit XML as Jenkins' schema has it. What could not be judged is an error, a finding a failure; what was accepted or
 * not applied is skipped.
 */
export function junitDocument(name: string, suites: readonly Suite[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({name, ...tally(suites.flatMap(({cases}) => cases))})}>`,
    ...suites.flatMap(suite),
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function suite({name, cases, timestamp, properties}: Suite): string[] {
  const skipped = cases.filter(skips).length
  const head = {name, ...tally(cases), skipped, ...(timestamp !== undefined && {timestamp})}
  return [
    `  <testsuite${attributes(head)}>`,
    ...(properties ? propertyLines(properties) : []),
    ...cases.flatMap(testcase),
    '  </testsuite>',
  ]
}

function propertyLines(properties: Readonly<Record<string, string>>): string[] {
  const each = Object.entries(properties).map(([name, value]) => `      <property${attributes({name, value})}/>`)
  return ['    <properties>', ...each, '    </properties>']
}

function testcase(each: Case): string[] {
  const {name, classname, errors, failures, quiet, left} = each
  const body = [
    ...(skips(each) ? [`      <skipped>${text(quiet.length > 0 ? quiet : [left!])}</skipped>`] : []),
    ...errors.map((message) => `      <error${attributes({type: 'unknown', message})}/>`),
    ...failures.map(
      ({severity, message, details}) =>
        `      <failure${attributes({type: severity, message})}>${text(details)}</failure>`,
    ),
    ...(quiet.length > 0 && failures.length + errors.length > 0
      ? [`      <system-out>${text(quiet)}</system-out>`]
      : []),
  ]
  const open = `    <testcase${attributes({name, classname})}`
  return body.length === 0 ? [`${open}/>`] : [`${open}>`, ...body, '    </testcase>']
}

function tally(cases: readonly Case[]): Record<'tests' | 'failures' | 'errors', number> {
  return {
    tests: cases.length,
    failures: cases.filter(({failures}) => failures.length > 0).length,
    errors: cases.filter(({errors}) => errors.length > 0).length,
  }
}

function skips({errors, failures, quiet, left}: Case): boolean {
  return errors.length + failures.length === 0 && (quiet.length > 0 || left !== undefined)
}
