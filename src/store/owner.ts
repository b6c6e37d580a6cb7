import {randomUUID} from 'node:crypto'
import {readlinkSync} from 'node:fs'
import {hostname} from 'node:os'

/** Who holds a lease: this process, told apart from any other on any machine. */
export interface LeaseOwner {
  readonly id: string
  /** For certain no longer running: same machine, same process table, no such process. */
  isGone(owner: string): boolean
  /** For people. */
  describe(owner: string): string
}

/** `<host>|<process table>|<pid>|<uuid>`. Containers may share a host name, hence the table. */
export function thisProcess(isRunning: (pid: number) => boolean = running): LeaseOwner {
  const place = [hostname(), processTable()]
  const id = [...place, process.pid, randomUUID()].join('|')
  return {
    id,
    isGone(owner) {
      const [host, table, pid] = owner.split('|')
      return host === place[0] && table === place[1] && Number(pid) > 0 && !isRunning(Number(pid))
    },
    describe(owner) {
      const [host, , pid] = owner.split('|')
      return `process ${pid} on ${host}`
    },
  }
}

/** Linux tells in which process table a pid counts; elsewhere there is one. */
function processTable(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return 'pid'
  }
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
