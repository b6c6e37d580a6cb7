import {outlivesTerminal} from '../config/nohup.ts'
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

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Listens for Ctrl-C, SIGTERM and the end of the terminal, as signals and as messages of `bin/run.js`, where it had to start another Node; that this one
 * is gone, so that nobody waits for us any more, is a SIGTERM as well. The first aborts `signal`, so that work ends at a sound point; a second one ends the process at once, but not the same that comes in
 * both ways. A terminal's end is told more than once (by the system, the shell, the session), and hurries nobody; under `nohup` it is none.
 */
export function listenForStop(): Stop {
  const abort = new AbortController()
  let stopped: StopSignal | undefined
  const ways = new Set<'signal' | 'message'>()
  const onStop = (name: StopSignal, way: 'signal' | 'message'): void => {
    if (name === 'SIGHUP') {
      if (outlivesTerminal()) return
    } else if (ways.has(way)) {
      release()
      process.kill(process.pid, name)
      return
    } else ways.add(way)
    if (stopped) return
    // The handler stays: terminal libraries kill the process when they find themselves the only listener left.
    stopped = name
    if (process.stderr.isTTY) say(process.stderr, '\nStopping at the next sound point; Ctrl-C again ends at once.')
    abort.abort(new DOMException(`${name} received`, 'AbortError'))
  }
  const onSignal = (name: StopSignal): void => onStop(name, 'signal')
  const onMessage = (message: unknown): void => {
    const name = SIGNALS.find((each) => each === message)
    if (name) onStop(name, 'message')
  }
  const onGone = (): void => {
    if (!stopped) onStop('SIGTERM', 'message')
  }
  const release = (): void => {
    for (const name of SIGNALS) process.removeListener(name, onSignal)
    process.removeListener('message', onMessage)
    process.removeListener('disconnect', onGone)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
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
