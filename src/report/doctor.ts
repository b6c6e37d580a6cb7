import type {Check} from '../doctor/doctor.ts'
import type {Tint} from './tint.ts'

/** A check-up for people: one line each, and below a problem what mends it. */
export function doctorText(checks: readonly Check[], tint: Tint): string {
  const words = {ok: tint.good('✓ ok     '), note: tint.warn('! note   '), problem: tint.bad('✗ problem')}
  const lines = checks.flatMap(({area, what, state, message, fix, ref}) => {
    const line = `${words[state]}  ${area.padEnd(8)}  ${what}: ${message}`
    const help = state === 'ok' ? [] : [fix && `    Type: ${tint.command(fix)}`, ref && `    Read: ${ref}`]
    return [line, ...help.filter((each) => typeof each === 'string')]
  })
  const problems = checks.filter(({state}) => state === 'problem').length
  const end =
    problems === 0 ? tint.good('All is well.') : tint.bad(`${problems} ${problems === 1 ? 'problem' : 'problems'}.`)
  return [...lines, '', end].join('\n')
}
