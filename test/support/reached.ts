import type {ChildProcess} from 'node:child_process'
import {setTimeout as sleep} from 'node:timers/promises'
import type {FaultRule, LoggedRequest} from '../../src/simulator/types.ts'

/**
 * Waits until the `nth` request that a fault is about is under way and, where only its answer is held back, until the
 * server has acted. Throws where the run ends before.
 */
export async function reached(
  {requests}: {requests: readonly LoggedRequest[]},
  {method, path, kind, nth = 1}: FaultRule & {path: RegExp},
  {child, ended}: {child: ChildProcess; ended: Promise<unknown>},
): Promise<void> {
  for (;;) {
    const struck = requests.filter((request) => request.method === method && path.test(request.path))[nth - 1]
    if (struck && (kind !== 'hold' || struck.acted !== undefined)) return
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended before it came to ${method} ${path}: ${JSON.stringify(await ended)}`)
    await sleep(5)
  }
}
