import {Config} from '@oclif/core/config'
import type {Interfaces} from '@oclif/core'
import {run} from '@oclif/core/run'
import {EXIT, nothing, OpsError, run as commandOf} from '../errors.ts'
import {refuseOdd, refuseSecrets, wantsJson} from './argv.ts'
import {failureDocument} from './envelope.ts'
import {explain, showFailure} from './failure.ts'
import {outliveStreams, say} from './streams.ts'

/** Where patrol lies, and its package.json, which is read already: oclif then need not search for either. */
interface PatrolPlace {
  root: string
  pjson: Interfaces.PJSON
}

const ASKS = new Set(['--help', '-h', '--version', '-V'])

/**
 * Runs one patrol command line; `bin/run.js` calls it. Ends by setting `process.exitCode`,
 * never by exiting, so that all output is written. A command shows its own errors; what happens before there is one,
 * such as an unknown command, is shown here in the same way.
 */
export async function main(place: PatrolPlace, args: string[]): Promise<void> {
  const delivery = outliveStreams()
  const [first, asked] = args
  const line = first === 'help' ? [...args.slice(1), '--help'] : args
  try {
    refuseSecrets(line)
    refuseOdd(line, line[0] === 'explain')
    const config = await Config.load(place)
    // What is no command may be a runbook, another page, a rule or an error code.
    if (first === undefined) return say(process.stdout, await startOf(config))
    const pages = first === 'help' && asked !== undefined && !isKnown(asked, config)
    if (pages) say(process.stdout, await (await import('./pages.ts')).helpPage(place.root, asked, spokenOf(config)))
    else await runLine(line, config)
  } catch (error) {
    const failure = await explain(error)
    const {version, homepage} = place.pjson
    const speaker = {name: 'patrol', version, command: '', homepage}
    process.exitCode = failure.status
    await showFailure(failure, wantsJson(line) && failureDocument(speaker, failure, []))
  }
  const lost = await delivery.settled()
  if (lost) await showLost(lost)
}

/** The page that `patrol` alone shows. */
async function startOf(config: Config): Promise<string> {
  const [{startPage}, {configInUse}, {palette, widthOf}] = await Promise.all([
    import('./start.ts'),
    import('../config.ts'),
    import('./palette.ts'),
  ])
  const {stdout} = process
  return startPage(config, configInUse(), {tint: await palette(stdout), width: widthOf(stdout)})
}

async function runLine(line: string[], config: Config): Promise<void> {
  const unknown = line.some((word) => ASKS.has(word)) ? undefined : await unknownCommand(line, config)
  if (unknown) throw unknown
  await run(line, config)
}

/** The commands as they are typed. */
function spokenOf(config: Config): string[] {
  return config.commands.filter((command) => !command.hidden).map((command) => command.id.replaceAll(':', ' '))
}

/** They take agents in several ways, one of which has to be chosen. */
const FOR_WHOM: readonly string[] = ['rotate', 'onboard']

/** Whether a command, as it is typed, can't stand alone. */
function needsMore(name: string, config: Config): boolean {
  if (FOR_WHOM.includes(name)) return true
  const args = config.findCommand(name.replaceAll(' ', ':'))?.args ?? {}
  return Object.values(args).some(({required}) => required)
}

/** Whether a command or a topic begins with this word. */
function isKnown(word: string, config: Config): boolean {
  return word.startsWith('-') || spokenOf(config).some((name) => name.split(' ')[0] === word.split(':')[0])
}

/** A result that nobody got is no success; a run that ended worse keeps its own exit. */
async function showLost({code}: NodeJS.ErrnoException): Promise<void> {
  const {exitCode} = process
  if (exitCode === undefined || exitCode === 0 || exitCode === EXIT.findings) process.exitCode = EXIT.unavailable
  await showFailure(await explain(new OpsError('OUTPUT_LOST', {code: `${code}`})), false)
}

/** Says which commands are near, when no command or topic has this name; oclif would show help and exit 0. */
async function unknownCommand(line: readonly string[], config: Config): Promise<OpsError | undefined> {
  if (line.length === 0) return undefined
  const firstFlag = line.findIndex((word) => word.startsWith('-'))
  const words = firstFlag === -1 ? line : line.slice(0, firstFlag)
  const typed = words.join(' ').replaceAll(':', ' ')
  const spoken = spokenOf(config)
  if (spoken.some((name) => typed === name || typed.startsWith(`${name} `))) return undefined
  const isTopic = spoken.some((name) => name.startsWith(`${words[0]} `))
  if (isTopic && line.length === 1) return undefined
  const [{nearest}, {MEANT}] = await Promise.all([import('../config/nearest.ts'), import('./start.ts')])
  const meant = isTopic ? undefined : MEANT[words[0]?.toLowerCase() ?? '']
  const guess = meant ?? nearest(isTopic ? words.slice(0, 2).join(' ') : (words[0] ?? ''), spoken)
  const what =
    words.length === 0
      ? `A command has to come first; "${line[0]?.replace(/=.*/s, '')}" is a flag.`
      : `"${isTopic ? words.slice(0, 2).join(' ') : words[0]}" is not a patrol command.`
  const advice = [
    ...guess.map(
      (name) => commandOf`${['patrol', ...name.split(' '), ...(needsMore(name, config) ? ['--help'] : [])]}`,
    ),
    commandOf`${['patrol', ...(isTopic ? words.slice(0, 1) : []), '--help']}`,
  ]
  return new OpsError('USAGE', {what, state: nothing('done'), advice})
}
