/** How long things may take, in milliseconds. */
export interface Timing {
  /** How long an automatic restart may take to show after a push. */
  autoRestartWaitMs: number
  /** How long a new process may take to come online. */
  restartTimeoutMs: number
  /** How long a restart whose answer was lost may take to show. */
  lostRestartWaitMs: number
  /** How long to wait for an approval before parking. */
  approvalWaitMs: number
  /** How long an old process may look online after a restart before it counts as stale. */
  staleAfterMs: number
  /** How long a workspace may stay `failed` after a restart before nothing else is expected of it. */
  failedAfterMs: number
  /** Between two listings when a mint's answer was lost. */
  settleWaitMs: number
  pollFastMs: number
  pollSlowMs: number
  leaseTtlMs: number
}

/** The timing used where nothing else is said. */
export const TIMING: Readonly<Timing> = {
  autoRestartWaitMs: 15_000,
  restartTimeoutMs: 15 * 60_000,
  lostRestartWaitMs: 150_000,
  approvalWaitMs: 30 * 60_000,
  staleAfterMs: 180_000,
  // Another start that waited its turn shows at once; a process that outlived a failed one sends a heartbeat in 30 s.
  failedAfterMs: 60_000,
  settleWaitMs: 2_000,
  pollFastMs: 250,
  pollSlowMs: 5_000,
  leaseTtlMs: 10 * 60_000,
}

export function timingOf(deps: {timing?: Partial<Timing>}): Timing {
  return {...TIMING, ...deps.timing}
}
