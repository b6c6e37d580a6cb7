import {tame} from '../secret.ts'
import {canRedraw} from './palette.ts'
import {say} from './streams.ts'

/** How a step came to its end; `waits`: it goes on without us, until a person has done something. */
export type StepEnding = 'done' | 'stopped' | 'waits'

/** Shows what a long act is doing, on stderr. A new step ends the one before it well. */
export interface StepProgress {
  step(title: string): void
  /** What the running step waits for. */
  note(text: string): void
  /** Ends the running step, where one is. */
  settle(ending: StepEnding): void
  /** After the last step: everything is on the screen. */
  end(): Promise<void>
}

/** A live list on a terminal, one plain line per step elsewhere, nothing under `--json`. */
export async function progress({json}: {json: boolean}): Promise<StepProgress> {
  if (json) return {step() {}, note() {}, settle() {}, async end() {}}
  return canRedraw(process.stderr) ? await liveList() : plainLines()
}

function plainLines(): StepProgress {
  const tell = (text: string): void => say(process.stderr, text)
  let running: string | undefined
  return {
    step(title) {
      running = title
      tell(`- ${title}`)
    },
    note(text) {
      tell(`  ${text}`)
    },
    settle(ending) {
      if (running !== undefined && ending !== 'done') tell(`  ${ending}: ${running}`)
      running = undefined
    },
    async end() {},
  }
}

/** The same marks as in our tables. */
const ICONS = {COMPLETED: '✓', FAILED: '✗', SKIPPED_WITH_COLLAPSE: '!'}

/** One listr2 list per step: each leaves its finished line behind, so that steps need not be known beforehand. */
async function liveList(): Promise<StepProgress> {
  const {Listr, ListrLogger, ProcessOutput} = await import('listr2')
  const logger = new ListrLogger({processOutput: new ProcessOutput(process.stderr, process.stderr)})
  const rendererOptions = {logger, icon: ICONS, showErrorMessage: false, collapseSkips: true}
  let running: {settle: (ending: StepEnding) => void; note: (text: string) => void} | undefined
  let queue: Promise<unknown> = Promise.resolve()
  let shown = false
  const settle = (ending: StepEnding): void => {
    running?.settle(ending)
    running = undefined
  }
  return {
    step(title) {
      settle('done')
      shown = true
      const {promise, resolve} = Promise.withResolvers<StepEnding>()
      let note: (text: string) => void = () => {}
      const list = new Listr(
        [
          {
            title: tame(title),
            async task(_, task) {
              note = (text) => void (task.output = tame(text))
              const ending = await promise
              if (ending !== 'done') task.title = `${ending}: ${tame(title)}`
              if (ending === 'waits') task.skip()
              if (ending === 'stopped') throw new Error(ending)
            },
          },
        ],
        {exitOnError: false, registerSignalListeners: false, rendererOptions},
      )
      queue = queue.then(() => list.run())
      running = {settle: resolve, note: (text) => note(text)}
    },
    note(text) {
      running?.note(text)
    },
    settle,
    async end() {
      settle('done')
      await queue
      if (shown) say(process.stderr, '')
      shown = false
    },
  }
}
