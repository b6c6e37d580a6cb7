import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import type {FaultNews} from '../../src/simulator/wire.ts'

/** Rules that have not struck yet, each with the line of the test that set it. */
const waiting = new Map<object, string>()
let excused = false

/** Begins a file: listens to the simulators of this process. */
export function listenForFaults(): void {
  waiting.clear()
  unsubscribe('patrol.simulator.fault', hear)
  subscribe('patrol.simulator.fault', hear)
}

function hear(message: unknown): void {
  if (!isNews(message)) return
  if (message.struck) waiting.delete(message.rule)
  else if (!excused) waiting.set(message.rule, whereSet())
}

/** Sets a fault that need not strike, for a reason that the next reader would ask for. */
export function mayPass<T>(_reason: string, set: () => T): T {
  excused = true
  try {
    return set()
  } finally {
    excused = false
  }
}

/** Marks what waits now; `verify` complains of what was set since and never struck. */
export function faultsFromHere(): {verify(): void} {
  const earlier = new Set(waiting.keys())
  return {
    verify() {
      const idle = [...waiting].filter(([rule]) => !earlier.has(rule))
      for (const [rule] of idle) waiting.delete(rule)
      if (idle.length === 0) return
      const said = idle.map(([rule, where]) => `${describe(rule)} ${where}`)
      throw new Error(`A simulator's fault never struck, so this test shows nothing of it:\n${said.join('\n')}`)
    },
  }
}

function isNews(message: unknown): message is FaultNews {
  return typeof message === 'object' && message !== null && 'rule' in message && 'struck' in message
}

function describe(rule: object): string {
  return JSON.stringify(rule, (_, value: unknown) => (value instanceof RegExp ? String(value) : value))
}

function whereSet(): string {
  const line = (new Error().stack ?? '')
    .split('\n')
    .find((each) => each.includes('/test/') && !each.includes('/strikes.ts'))
  return line?.trim() ?? 'set somewhere'
}
