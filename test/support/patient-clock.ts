/**
 * A clock for one run, which only its sleep moves on, `mostMs` at a time: no deadline passes because the machine is busy.
 */
export function patientClock(mostMs: number): {now(): number; sleep(ms: number): Promise<void>} {
  let now = Date.now()
  return {
    now: () => now,
    async sleep(ms) {
      const slept = Math.min(ms, mostMs)
      now += slept
      await new Promise((done) => setTimeout(done, slept))
    },
  }
}
