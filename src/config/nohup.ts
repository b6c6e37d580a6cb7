import {readFileSync} from 'node:fs'
import {basename} from 'node:path'

/**
 * Whether SIGHUP is to be ignored. A program inherits that, but Node undoes it when it starts, so only signs are left: shells
 * note in `_` what they start, and a script that ignores it (`nohup script`, `trap '' HUP`) can be seen to on Linux. Without
 * a sign the run stops soundly.
 */
export function outlivesTerminal(): boolean {
  if (basename(process.env['_'] ?? '') === 'nohup') return true
  try {
    const parent = statusOf(process.ppid)
    const starter = process.connected ? statusOf(/^PPid:\s+(\d+)$/m.exec(parent)?.[1]) : parent
    return /^SigIgn:\s+[\da-f]*[13579bdf]$/m.test(starter)
  } catch {
    return false
  }
}

function statusOf(pid: number | string | undefined): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8')
}
