import {redact} from '../secret.ts'
import {printable} from '../visible.ts'
import {colourLevel} from './palette.ts'

/** What became of standard output. */
export interface OutputDelivery {
  /** Waits until all that was written is delivered; the error that kept it from it, where there was one. */
  settled(): Promise<NodeJS.ErrnoException | undefined>
}

/**
 * Lets the run go on without a stream that takes no more (a full disk, a terminal that is gone): an error there would
 * otherwise end the process between two acts. A reader that went away (`| head`) is no loss, for it has seen enough.
 */
export function outliveStreams(): OutputDelivery {
  let lost: NodeJS.ErrnoException | undefined
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error
  })
  process.stderr.on('error', () => {})
  return {
    async settled() {
      await new Promise<void>((done) => put('', done))
      return lost
    },
  }
}

/** Lines for people. */
export function say(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${forPeople(stream, text)}\n`)
}

/** The lines without known secrets, and without what a terminal or a CI runner would obey. */
export function forPeople(stream: NodeJS.WriteStream, text: string): string {
  return printable(redact(text), colourLevel(stream) > 0)
}

/** Puts a document, a value or a terminal's control sequences on standard output, as they are; `done` comes in any case. */
export function put(text: string, done: () => void = () => {}): void {
  process.stdout.write(text, 'utf8', () => done())
}
