import {spawn} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parade} from './fleet.ts'

/**
 * How many bytes `patrol audit --report ndjson` has in use at most while it audits a fleet of this size, in a process of
 * its own (see heap-use.ts), and its exit code.
 */
export async function memoryOf(agents: number): Promise<{bytes: number; exit: number | null}> {
  const stage = await parade({agents, seed: 1, gitea: '1.27.0'})
  const dir = join(stage.home.config, '..')
  const use = join(dir, 'heap-use')
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    PATROL_CONFIG: stage.home.config,
    PATROL_STATE_DIR: stage.home.state,
    HEAP_USE: use,
  }
  const here = import.meta.dirname
  // Or megabytes of unused code come and go at times of their own, and drown what is measured.
  const steady = '--no-flush-bytecode'
  const argv = [steady, '--import', join(here, 'heap-use.ts'), join(here, 'audit-child.ts'), '--report', 'ndjson']
  try {
    const child = spawn(process.execPath, argv, {env, stdio: ['ignore', 'ignore', 'ignore']})
    const exit = await new Promise<number | null>((done, fail) => {
      child.once('error', fail)
      child.once('exit', done)
    })
    return {bytes: Number(await readFile(use, 'utf8')), exit}
  } finally {
    await stage.end()
  }
}
