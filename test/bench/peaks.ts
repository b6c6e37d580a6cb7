import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {accessLogLine} from '../support/infer-memory.ts'

/** What is read, by the name of its row: so many files of a kind. */
const KINDS: readonly (readonly [row: string, command: string, file: (index: number) => string, text: Text])[] = [
  ['lint, scripts', 'lint', (index) => `${index}.sh`, script],
  ['infer, scripts', 'infer', (index) => `${index}.sh`, script],
  ['infer, logs', 'infer', (index) => `${index}.log`, log],
]

type Text = (index: number) => string

/** A script as people have them, no two alike. */
function script(index: number): string {
  const call = (path: string) =>
    `curl -sS --fail-with-body -H "Authorization: token $GITEA_TOKEN" "$GITEA_URL/api/v1/${path}"\n`
  return `#!/bin/sh\n# Gitea ${index}\nset -eu\n${Array.from({length: 20}, (_, line) => call(`repos/o/r${index}/issues/${line}`)).join('')}`
}

function log(index: number): string {
  return Array.from({length: 500}, (_, line) => accessLogLine(index * 500 + line)).join('')
}

/**
 * How much memory the binary had at most (resident) over so many files and over ten times as many, a line for each kind.
 * Garbage that was not collected yet is part of it: a few hundred files are needed before that levels off.
 */
export async function* peaks(bin: string, files: number): AsyncIterable<string> {
  for (const [row, command, file, text] of KINDS) {
    const least = await peakOf(bin, command, files, {file, text})
    const most = await peakOf(bin, command, files * 10, {file, text})
    const [mb, more] = [least, most].map((bytes) => (bytes / 1024 / 1024).toFixed(0))
    const ratio = most / least
    yield `${row.padEnd(16)} ${mb} MB, ${more} MB   ${ratio.toFixed(2)}x   ${ratio <= 1.5 ? 'within' : 'OVER'} its 1.5x`
  }
}

async function peakOf(
  bin: string,
  command: string,
  files: number,
  {file, text}: {file: (index: number) => string; text: Text},
): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'patrol-peaks-'))
  const [read, peak] = [join(home, 'read'), join(home, 'peak')]
  try {
    mkdirSync(read)
    for (let index = 0; index < files; index++) writeFileSync(join(read, file(index)), text(index))
    const argv = ['--import', join(import.meta.dirname, '../support/peak.ts'), bin, command, read]
    const env = {PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: home, PEAK: peak}
    const child = spawn(process.execPath, argv, {stdio: 'ignore', env})
    await once(child, 'exit')
    return Number(readFileSync(peak, 'utf8'))
  } finally {
    rmSync(home, {recursive: true, force: true})
  }
}
