/** What became of the mutants of a run, held against the survivors that have a reason. */

/** How many of all mutants have to be killed. */
const LEAST = 0.9

/** A mutant that stays alive. */
export interface Survivor {
  file: string
  /** The code as it stands, on one line. */
  was: string
  /** What the mutant makes of it. */
  now: string
  /** The line that it begins in, where the same change is made in several places of the file. */
  in?: string
}

/** A survivor that has its reason. */
export type Excuse = Survivor & {why: string}

/** A mutant that was tried; `status` in StrykerJS's words. */
export interface Mutant extends Required<Survivor> {
  line: number
  status: string
}

/** What was mutated: `all`, or some `files` from beginning to end, or some lines (`part`) of them. */
export type Extent = 'all' | 'files' | 'part'

/** Statuses that tell nothing of the tests: the mutant could not be tried. */
const NOT_TRIED = new Set(['Ignored', 'CompileError', 'RuntimeError', 'Pending'])
const ALIVE = new Set(['Survived', 'NoCoverage'])

/**
 * Each file's count, every survivor without a reason, every reason without a survivor, and the sum. `passed`: nothing
 * survives without a reason; of whole files, no reason is left over or could mean several mutants; of all, at least 90%
 * are killed. One entry excuses one mutant.
 */
export function verdict(
  mutants: readonly Mutant[],
  excuses: readonly Excuse[],
  extent: Extent,
): {lines: string[]; passed: boolean} {
  const tried = mutants.filter(({status}) => !NOT_TRIED.has(status))
  const alive = tried.filter(({status}) => ALIVE.has(status))
  const lines: string[] = []

  for (const [file, of] of Map.groupBy(tried, (mutant) => mutant.file)) {
    const count = (wanted: string): number => of.filter(({status}) => status === wanted).length
    lines.push(
      `${file}: ${count('Killed')} killed, ${count('Timeout')} timed out, ${count('Survived')} survived, ${count('NoCoverage')} not reached`,
    )
  }

  // A YAML alias is one object each time.
  const left = new Set(excuses.filter(({why}) => why).map((excuse) => ({...excuse})))
  const unexcused = alive.filter((mutant) => {
    const excuse = [...left].find((entry) => isOf(entry, mutant))
    return !(excuse && left.delete(excuse))
  })
  for (const {file, line, was, now} of unexcused) lines.push(`survived: ${file}:${line} ${was}  ->  ${now}`)

  const whole = new Set(tried.map(({file}) => file))
  const isWhole = ({file}: Excuse): boolean => extent === 'all' || (extent === 'files' && whole.has(file))
  // A busy machine runs out of time where an idle one sees it survive.
  const late = tried.filter(({status}) => status === 'Timeout')
  const stale = [...left].filter((entry) => isWhole(entry) && !late.some((mutant) => isOf(entry, mutant)))
  for (const {file, was, now} of stale) lines.push(`no such survivor any more: ${file} ${was}  ->  ${now}`)

  const vague = excuses.filter((entry) => isWhole(entry) && isVague(entry, tried))
  for (const {file, was, now} of vague) {
    lines.push(`made in several lines, say which ("in"): ${file} ${was}  ->  ${now}`)
  }

  const killed = tried.length - alive.length
  const share = tried.length === 0 ? 1 : killed / tried.length
  lines.push(
    `${killed} of ${tried.length} killed (${(100 * share).toFixed(1)}%), ${alive.length - unexcused.length} survive with a reason, ${unexcused.length} without`,
  )
  const enough = extent !== 'all' || share >= LEAST
  if (!enough) lines.push(`at least ${100 * LEAST}% have to be killed`)
  return {lines, passed: enough && unexcused.length + stale.length + vague.length === 0}
}

function isOf(entry: Survivor, mutant: Mutant): boolean {
  return (
    entry.file === mutant.file &&
    onOneLine(entry.was) === mutant.was &&
    onOneLine(entry.now) === mutant.now &&
    (entry.in === undefined || onOneLine(entry.in) === mutant.in)
  )
}

/** Whether an entry could mean one mutant that is killed and another that is not. */
function isVague(entry: Excuse, tried: readonly Mutant[]): boolean {
  const meant = tried.filter((mutant) => isOf(entry, mutant))
  return new Set(meant.map((mutant) => mutant.in)).size > 1
}

/** The mutant of a file's text, its place in lines and columns from 1, and the text that takes its place. */
export function survivorOf(
  file: string,
  text: string,
  {start, end}: {start: Position; end: Position},
  replacement: string,
): Required<Survivor> {
  const all = text.split('\n')
  const lines = all.slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1)!.slice(0, end.column - 1)
  lines[0] = lines[0]!.slice(start.column - 1)
  return {
    file,
    was: onOneLine(lines.join(' ')),
    now: onOneLine(replacement),
    in: onOneLine(all[start.line - 1]!),
  }
}

interface Position {
  line: number
  column: number
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** `file:from-to` for each stretch of lines that a diff without context (`--unified=0`) adds or changes. */
export function stretchesOf(diff: string): string[] {
  const stretches: string[] = []
  let file = ''
  for (const line of diff.split('\n')) {
    file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1] ?? file
    const [, from, count = '1'] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (from && Number(count) > 0) stretches.push(`${file}:${from}-${Number(from) + Number(count) - 1}`)
  }
  return stretches
}
