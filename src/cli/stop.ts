import type {StopSignal} from './failure.ts'
import {say} from './streams.ts'

/** A request to stop, as the process gets it from outside. */
export interface Stop {
  signal: AbortSignal
  /** Which signal came, if any. */
  readonly stopped: StopSignal | undefined
  /** Gives the process its own handlers back. */
  release(): void
}

/**
 * Listens for Ctrl-C and SIGTERM. The first aborts `signal`, so that work ends at a sound point; a second one ends the
 * process at once.
 */
export function listenForStop(): Stop {
  const abort = new AbortController()
  let stopped: StopSignal | undefined
  const onStop = (name: StopSignal): void => {
    if (stopped) {
      release()
      process.kill(process.pid, name)
      return
    }
    // The handler stays: terminal libraries kill the process when they find themselves the only listener left.
    stopped = name
    if (process.stderr.isTTY) say(process.stderr, '\nStopping at the next sound point; Ctrl-C again ends at once.')
    abort.abort(new DOMException(`${name} received`, 'AbortError'))
  }
  const release = (): void => {
    process.removeListener('SIGINT', onStop)
    process.removeListener('SIGTERM', onStop)
  }
  process.on('SIGINT', onStop)
  process.on('SIGTERM', onStop)
  return {
    signal: abort.signal,
    get stopped() {
      return stopped
    },
    release,
  }
}
