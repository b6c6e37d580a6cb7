import {Writable} from 'node:stream'
import {setTimeout as pause} from 'node:timers/promises'
import {stripVTControlCharacters} from 'node:util'
import {nothing, OpsError, run} from '../errors.ts'
import type {Outcome} from './envelope.ts'
import {explain, failureText} from './failure.ts'
import {canRedraw, isTerminal, palette} from './palette.ts'
import {forPeople, put} from './streams.ts'

/** One run, which writes what is to be seen to `paper` and stops when `signal` says so. */
export type WatchRound = (paper: NodeJS.WritableStream, signal: AbortSignal) => Promise<Outcome<object>>

const ENTER = '\u001B[?1049h\u001B[?25l'
const LEAVE = '\u001B[?25h\u001B[?1049l'
/** Lines at the end of the text that stay in sight when it is higher than the terminal: the summary. */
const KEPT = 5
/** How the block of an agent begins in the table. */
const AGENT = /^[✗?~] \S/

/**
 * Repeats a run with a pause in between and shows as much of its text as there is room for in the same place, until q,
 * Ctrl-C, a signal or the terminal's own end. Then shows the last text where it stays, and ends as the last run that came
 * to its end: what went wrong in one is shown, the next one tries again, and the last one's is thrown. Throws `USAGE`
 * where nothing can be redrawn, or nobody can press a key, and `INTERRUPTED` when no run came to its end.
 */
export async function watch(
  round: WatchRound,
  {intervalMs, signal: outside}: {intervalMs: number; signal: AbortSignal},
): Promise<Outcome<object>> {
  requireScreen()
  const keys = listenForKeys()
  const gone = new AbortController()
  process.stdout.once('error', () => gone.abort())
  const signal = AbortSignal.any([outside, keys.signal, gone.signal])
  let last: {outcome: Outcome<object>} | {failure: unknown} | undefined
  let text = ''
  put(ENTER)
  try {
    while (!signal.aborted) {
      let heard = ''
      const paper = new Writable({
        write(chunk, _encoding, done) {
          heard += String(chunk)
          done()
        },
      })
      try {
        last = {outcome: await round(paper, signal)}
      } catch (error) {
        if (signal.aborted) break
        last = {failure: error}
        const said = failureText(await explain(error), await palette(process.stdout))
        heard = `${forPeople(process.stdout, said)}\n`
      }
      text = heard
      paint(text, intervalMs)
      await pause(intervalMs, undefined, {signal}).catch(() => {})
    }
  } finally {
    put(LEAVE)
    keys.release()
  }
  if (!last) throw new OpsError('INTERRUPTED', {case: 'watch'})
  if ('failure' in last) throw last.failure
  put(text)
  return last.outcome
}

function requireScreen(): void {
  if (canRedraw(process.stdout) && isTerminal(process.stdin)) return
  throw new OpsError('USAGE', {
    what: '--watch needs a terminal to draw on.',
    state: nothing('called'),
    advice: [run`patrol audit`, run`patrol audit --report json=audit.json`],
  })
}

function paint(text: string, intervalMs: number): void {
  const now = new Date().toISOString().slice(11, 19)
  const status = `Audited at ${now} UTC; again in ${Math.round(intervalMs / 1000)} s. q ends.`
  const room = Math.max(KEPT + 2, process.stdout.rows - 2)
  const lines = text.trimEnd().split('\n')
  const shown = lines.length > room ? shortened(lines, room) : lines
  put(`\u001B[H${[...shown, '', status].map((line) => `${line}\u001B[K`).join('\n')}\n\u001B[J`)
}

/** The head, the summary, and in between how much is out of sight: the worst stand first. */
export function shortened(lines: readonly string[], room: number): string[] {
  const [head, rest] = [lines.slice(0, room - KEPT - 1), lines.slice(room - KEPT - 1, -KEPT)]
  const agents = rest.filter((line) => AGENT.test(stripVTControlCharacters(line))).length
  const more = agents === 0 ? '' : agents === 1 ? ' with 1 agent more' : ` with ${agents} agents more`
  return [...head, `… ${rest.length} lines${more}; "patrol audit" shows them all`, ...lines.slice(-KEPT)]
}

/** Ctrl-C is a key here, for the terminal hands it on as one. */
function listenForKeys(): {signal: AbortSignal; release(): void} {
  const ended = new AbortController()
  const {stdin} = process
  const onKey = (key: Buffer): void => {
    if (['q', 'Q', '\u0003'].includes(key.toString())) ended.abort()
  }
  stdin.setRawMode(true)
  stdin.on('data', onKey)
  return {
    signal: ended.signal,
    release() {
      stdin.off('data', onKey)
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}
