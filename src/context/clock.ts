import type {SmokePorts} from '../smoke/ports.ts'
import type {Clock} from '../story/ports.ts'

/** The machine's time. */
export const clock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    const {setTimeout: wait} = await import('node:timers/promises')
    await wait(ms, undefined, {signal})
  },
}

/** The same, where an interrupt ends a sleep. */
export function clockUntil(end: AbortSignal): SmokePorts['clock'] {
  return {now: () => clock.now(), sleep: (ms, {signal = end} = {}) => clock.sleep(ms, signal)}
}

/** Ten lower-case letters and digits. */
export function freshId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => (byte % 36).toString(36)).join('')
}

/** Aborted this long after another signal is: what was begun by then has as long to come to its end. */
export function withGrace(end: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController()
  const begin = (): void => void setTimeout(() => late.abort(end.reason), ms).unref()
  if (end.aborted) begin()
  else end.addEventListener('abort', begin, {once: true})
  return late.signal
}
