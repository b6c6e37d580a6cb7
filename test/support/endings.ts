import {OpsError} from '../../src/errors.ts'
import type {Store} from '../../src/store/index.ts'
import {Crash} from './world.ts'

/** How a run ended: what it gave, what it threw, or that its process was killed. */
export async function quietly<T>(work: Promise<T>): Promise<T | OpsError | Crash> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OpsError || error instanceof Crash) return error
    throw error
  }
}

/** The rotation that is not at its end, if there is one. */
export async function openRotation(store: Store): Promise<string | undefined> {
  return (await store.journal.list({open: true}))[0]?.id
}
