import type {LintedFile} from '../../lint/types.ts'
import {junitDocument} from '../formats/junit-suites.ts'
import type {Case} from '../formats/junit-suites.ts'
import {placeOf} from '../formats/words.ts'
import type {LintFormat} from './format.ts'
import {foundIn} from './words.ts'
import type {Found} from './words.ts'

/**
 * A suite per file and a case per rule that found something in it; what could not be read is an error. A file with
 * neither is one case that passes.
 */
export const junit: LintFormat = ({files}) =>
  junitDocument(
    'patrol lint',
    files.map((linted) => ({name: linted.file, cases: casesOf(linted)})),
  )

function casesOf(linted: LintedFile): Case[] {
  const {file, unread} = linted
  const byRule = Map.groupBy(foundIn(linted), ({finding}) => finding.rule)
  const cases = [...byRule].map(([rule, found]) => ({
    name: rule,
    classname: file,
    errors: [],
    failures: found.filter(({reason}) => reason === undefined).map(failure),
    quiet: found.filter(({reason}) => reason !== undefined).map(sentence),
  }))
  const open = {name: 'readable', classname: file, errors: unread.map(said), failures: [], quiet: []}
  return cases.length > 0 && unread.length === 0 ? cases : [...cases, open]
}

function said({reason, at}: LintedFile['unread'][number]): string {
  return at ? `${placeOf(at)}: ${reason}` : reason
}

function failure({finding}: Found): Case['failures'][number] {
  const {file, at, severity, message, fix, ref, fingerprint} = finding
  return {
    severity,
    message,
    details: [`${file}:${placeOf(at)}`, `Fix: ${fix}`, `Read: patrol help ${ref}`, `Fingerprint: ${fingerprint}`],
  }
}

function sentence({finding, reason}: Found): string {
  const {at, message, fingerprint} = finding
  return `${placeOf(at)}: ${message} (suppressed: ${reason}) Fingerprint: ${fingerprint}`
}
