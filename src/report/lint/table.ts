import type {LintedFile} from '../../lint/types.ts'
import {columnsOf, padTo} from '../formats/columns.ts'
import {COLOUR, indented, MARK, marked, PLAIN} from '../formats/rows.ts'
import {visible} from '../../visible.ts'
import type {Tint} from '../tint.ts'
import {count, lintLines, signOf, lintVerdict, placeOf} from '../formats/words.ts'
import type {LintFormat} from './format.ts'

/** Columns of `120:34`, and of the longest rule that a terminal of 80 has room for. */
const PLACE = 6
const RULE = 25

/**
 * For people at a terminal: the files with something to say, each finding with its place, and under it what to write
 * instead. No line starts with a name, which a CI runner could take for a command.
 */
export const table: LintFormat = (report, {tint = PLAIN, width}) => {
  const blocks = report.files
    .filter(({findings, unread, fixed}) => findings.length + unread.length + fixed > 0)
    .map((file) => `${block(file, tint, width).join('\n')}\n\n`)
  const {exit} = report.summary
  const colour = exit === 0 ? 'good' : exit === 5 ? 'warn' : 'bad'
  const verdict = indented('', `${signOf(report.summary)} ${lintVerdict(report)}`, width).map((line) =>
    tint[colour](line),
  )
  const told = lintLines(report).flatMap((line) => indented('', line, width))
  return `${blocks.join('')}${[...told, ...verdict].join('\n')}\n`
}

function block({file, findings, unread, fixed}: LintedFile, tint: Tint, width: number | undefined): string[] {
  const mark = findings.length > 0 ? tint.bad('✗') : unread.length > 0 ? tint.warn('?') : tint.good('✓')
  const name = indented('', visible(file), width === undefined ? undefined : width - 2)
  return [
    ...name.map((line, index) => `${index === 0 ? mark : ' '} ${tint.strong(line)}`),
    ...unread.flatMap(({reason, at}) => row(placeOf(at), '? unread', 'warn', '', reason, {tint, width})),
    ...findings.flatMap(({at, severity, rule, message, fix, edit}) => [
      ...row(placeOf(at), marked(severity), COLOUR[severity], rule, message, {tint, width}),
      ...hanging('fix: ', `${visible(fix)}${edit ? ' (--fix does it)' : ''}`, width).map((line) => tint.command(line)),
    ]),
    ...(fixed > 0 ? [`  ${tint.good(`${count(fixed, 'finding')} mended`)}`] : []),
  ]
}

/** On one line where it fits; else the message stands under its rule, with the whole width to itself. */
function row(
  place: string,
  mark: string,
  colour: keyof Tint,
  rule: string,
  message: string,
  {tint, width}: {tint: Tint; width: number | undefined},
): string[] {
  const left = `  ${padTo(place, PLACE)}  ${tint[colour](padTo(mark, MARK))}  ${padTo(visible(rule), RULE)}`
  const whole = `${left}  ${visible(message)}`
  if (width === undefined || columnsOf(whole) <= width) return [whole]
  return [left.trimEnd(), ...hanging('', visible(message), width)]
}

/** Under the mark, wrapped to the width; what is carried over stands behind the word that it begins with. */
function hanging(word: string, text: string, width: number | undefined): string[] {
  const margin = ' '.repeat(PLACE + 4)
  const lines = indented(' '.repeat(PLACE + 4 + word.length), text, width)
  return lines.map((line, index) => (index === 0 ? `${margin}${word}${line.trimStart()}` : line))
}
