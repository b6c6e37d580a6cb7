import {redact} from '../secret.ts'
import {canRedraw} from './palette.ts'

/** Shows what a long act is doing, on stderr. A new step ends the one before it. */
export interface Progress {
  step(title: string): void
  /** What the running step waits for. */
  note(text: string): void
  /** Ends the running step well, or as failed. */
  end(outcome?: 'done' | 'failed'): Promise<void>
}

/** A live list on a terminal, one plain line per step elsewhere, nothing under `--json`. */
export async function progress({json}: {json: boolean}): Promise<Progress> {
  if (json) return {step() {}, note() {}, async end() {}}
  return canRedraw(process.stderr) ? await liveList() : plainLines()
}

function plainLines(): Progress {
  const say = (text: string): void => void process.stderr.write(`${redact(text)}\n`)
  let running: string | undefined
  return {
    step(title) {
      running = title
      say(`- ${title}`)
    },
    note(text) {
      say(`  ${text}`)
    },
    async end(outcome = 'done') {
      if (running && outcome === 'failed') say(`  failed: ${running}`)
      running = undefined
    },
  }
}

/** One listr2 list per step: each leaves its finished line behind, so that steps need not be known beforehand. */
async function liveList(): Promise<Progress> {
  const {Listr, ListrLogger, ProcessOutput} = await import('listr2')
  const logger = new ListrLogger({processOutput: new ProcessOutput(process.stderr, process.stderr)})
  let running: {settle: (outcome: 'done' | 'failed') => void; note: (text: string) => void} | undefined
  let queue: Promise<unknown> = Promise.resolve()
  const finish = (outcome: 'done' | 'failed'): void => {
    running?.settle(outcome)
    running = undefined
  }
  return {
    step(title) {
      finish('done')
      const {promise, resolve} = Promise.withResolvers<'done' | 'failed'>()
      let note: (text: string) => void = () => {}
      const list = new Listr(
        [
          {
            title: redact(title),
            async task(_, task) {
              note = (text) => void (task.output = redact(text))
              if ((await promise) === 'failed') throw new Error('failed')
            },
          },
        ],
        {exitOnError: false, registerSignalListeners: false, rendererOptions: {logger, showErrorMessage: false}},
      )
      queue = queue.then(() => list.run())
      running = {settle: resolve, note: (text) => note(text)}
    },
    note(text) {
      running?.note(text)
    },
    async end(outcome = 'done') {
      finish(outcome)
      await queue
    },
  }
}
