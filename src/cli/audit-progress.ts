import type {AuditProgress} from '../fleet/audit.ts'
import {excerpt} from '../secret.ts'
import {canRedraw, widthOf} from './palette.ts'

/** Shows on stderr how far an audit is: one line written over on a terminal, a line per quarter elsewhere. */
export interface AuditView {
  on: (progress: AuditProgress) => void
  /** One more agent was judged, with so many findings that count. */
  judged: (agent: string, findings: number) => void
  /** Takes the line away, before something else is written to the same terminal and at the end. */
  hide: () => void
}

/** As much of a stream as is needed here. */
interface ProgressPaper {
  write: (text: string) => unknown
  isTTY?: boolean
  columns?: number
}

const EVERY_MS = 100

/** Nothing is shown under `--json`. */
export function auditView({json, stream = process.stderr}: {json: boolean; stream?: ProgressPaper}): AuditView {
  if (json) return {on() {}, judged() {}, hide() {}}
  return canRedraw(stream) ? liveLine(stream) : plainLines(stream)
}

function liveLine(stream: ProgressPaper): AuditView {
  const count = new Count()
  let shown = false
  let last = -Infinity
  const hide = (): void => {
    if (shown) stream.write('\r\u001B[2K')
    shown = false
  }
  const show = (agent: string): void => {
    if (performance.now() - last < EVERY_MS) return
    last = performance.now()
    hide()
    stream.write(excerpt(`${count.line}  ${agent}`, (widthOf(stream) ?? 80) - 2))
    shown = true
  }
  return {
    on(progress) {
      count.latest = progress
      show(progress.agent)
    },
    judged(agent, findings) {
      count.add(findings)
      show(agent)
    },
    hide,
  }
}

function plainLines(stream: ProgressPaper): AuditView {
  const count = new Count()
  let quarters = 0
  return {
    on: (progress) => void (count.latest = progress),
    judged(_agent, findings) {
      count.add(findings)
      if (count.quarters > quarters) stream.write(`${count.line}\n`)
      quarters = count.quarters
    },
    hide() {},
  }
}

class Count {
  /** Undefined for a merge, which asks nobody. */
  latest: AuditProgress | undefined
  #judged = 0
  #findings = 0
  readonly #began = performance.now()

  add(findings: number): void {
    this.#judged++
    this.#findings += findings
  }

  get quarters(): number {
    return this.latest ? Math.floor((this.#judged * 4) / this.latest.total) : 0
  }

  get line(): string {
    const {phase = 'auditing', done = 0, total = this.#judged, requests = 0} = this.latest ?? {}
    const seconds = Math.max(0.001, (performance.now() - this.#began) / 1000)
    const rate = `${Math.round(requests / seconds)} requests/s`
    if (phase === 'preparing') return `Looking for deployed tokens ${done}/${total}, ${rate}`
    return `Audited ${this.#judged}/${total}, ${this.#findings} findings so far, ${rate}`
  }
}
