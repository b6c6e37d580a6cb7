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
 * Listens for Ctrl-C and SIGTERM, as signals and as messages of `bin/run.js`, where it had to start another Node; that this one
 * is gone, so that nobody waits for us any more, is a SIGTERM as well. The first aborts `signal`, so that work ends at a sound point; a second one ends the process at once, but not the same that comes in
 * both ways.
 */
export function listenForStop(): Stop {
  const abort = new AbortController()
  let stopped: StopSignal | undefined
  const ways = new Set<'signal' | 'message'>()
  const onStop = (name: StopSignal, way: 'signal' | 'message'): void => {
    if (ways.has(way)) {
      release()
      process.kill(process.pid, name)
      return
    }
    ways.add(way)
    if (stopped) return
    // The handler stays: terminal libraries kill the process when they find themselves the only listener left.
    stopped = name
    if (process.stderr.isTTY) say(process.stderr, '\nStopping at the next sound point; Ctrl-C again ends at once.')
    abort.abort(new DOMException(`${name} received`, 'AbortError'))
  }
  const onSignal = (name: StopSignal): void => onStop(name, 'signal')
  const onMessage = (message: unknown): void => {
    if (message === 'SIGINT' || message === 'SIGTERM') onStop(message, 'message')
  }
  const onGone = (): void => {
    if (!stopped) onStop('SIGTERM', 'message')
  }
  const release = (): void => {
    process.removeListener('SIGINT', onSignal)
    process.removeListener('SIGTERM', onSignal)
    process.removeListener('message', onMessage)
    process.removeListener('disconnect', onGone)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('message', onMessage)
  process.on('disconnect', onGone)
  if ('connected' in process && !process.connected) onGone()
  return {
    signal: abort.signal,
    get stopped() {
      return stopped
    },
    release,
  }
}
