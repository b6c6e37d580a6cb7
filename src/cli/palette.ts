import type {Tint} from '../report/tint.ts'

/** The terminal's colours. */
export type Palette = Tint

const same = (text: string): string => text

/** No colour at all: off a terminal, under `NO_COLOR`, on `TERM=dumb`, and in everything that is stored. */
export const PLAIN: Palette = {good: same, bad: same, warn: same, dim: same, strong: same, command: same}

/** chalk's colour level for a stream: 0 none, 1 sixteen colours, 2 256, 3 full. */
export function colourLevel(stream: {isTTY?: boolean}, env: NodeJS.ProcessEnv = process.env): 0 | 1 | 2 | 3 {
  const forced = env.FORCE_COLOR
  if (forced !== undefined && forced !== '') {
    if (forced === 'false' || forced === '0') return 0
    return forced === '2' ? 2 : forced === '3' ? 3 : 1
  }
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return 0
  if (env.TERM === 'dumb' || !isTerminal(stream)) return 0
  if (/truecolor|24bit/.test(env.COLORTERM ?? '')) return 3
  return /256/.test(env.TERM ?? '') ? 2 : 1
}

/** Whether people look at this stream right now. */
export function isTerminal(stream: {isTTY?: boolean}): boolean {
  return stream.isTTY === true
}

/** How many columns a terminal has; undefined off one, and for one that does not say. */
export function widthOf(stream: {isTTY?: boolean; columns?: number}): number | undefined {
  return isTerminal(stream) && stream.columns ? stream.columns : undefined
}

/** Whether lines already written can be written over. */
export function canRedraw(stream: {isTTY?: boolean; columns?: number}, env: NodeJS.ProcessEnv = process.env): boolean {
  return widthOf(stream) !== undefined && env.TERM !== 'dumb'
}

/** The one theme of patrol. Loads chalk only where something will be coloured. */
export async function palette(stream: {isTTY?: boolean}): Promise<Palette> {
  const level = colourLevel(stream)
  if (level === 0) return PLAIN
  const {Chalk} = await import('chalk')
  const chalk = new Chalk({level})
  return {
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    dim: chalk.dim,
    strong: chalk.bold,
    command: chalk.cyan,
  }
}

/** Whether there is someone to ask. */
export function canAsk({json}: {json: boolean}): boolean {
  return !json && isTerminal(process.stdin) && isTerminal(process.stderr)
}
