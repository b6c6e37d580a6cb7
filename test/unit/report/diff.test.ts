import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {diff} from '../../../src/report/diff.ts'

/** Carries a diff out as its format says, by another hand than the one that made it. */
function patched(before: string, lines: readonly string[]): string {
  const old = linesOf(before)
  const made: string[] = []
  let copied = 0
  for (const [index, line] of lines.entries()) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line)
    if (head) {
      const start = head[2] === '0' ? Number(head[1]) : Number(head[1]) - 1
      made.push(...old.slice(copied, start))
      copied = start
    } else if (index > 1 && line.startsWith('-')) {
      const bare = lines[index + 1]?.startsWith('\\') ? '' : '\n'
      if (old[copied] !== line.slice(1) + bare) throw new Error(`${old[copied]} is not ${line}`)
      copied++
    } else if (index > 1 && line.startsWith('+')) {
      made.push(line.slice(1) + (lines[index + 1]?.startsWith('\\') ? '' : '\n'))
    }
  }
  return [...made, ...old.slice(copied)].join('')
}

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** How many lines have to go or come, by the textbook's table. */
function leastChanges(before: readonly string[], after: readonly string[]): number {
  let row = Array.from({length: after.length + 1}, (_, y) => y)
  for (const [x, old] of before.entries()) {
    const next = [x + 1]
    for (const [y, line] of after.entries()) next.push(old === line ? row[y]! : 1 + Math.min(row[y + 1]!, next[y]!))
    row = next
  }
  return row.at(-1)!
}

const someLines = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'a\r\n', '\n', '+x\n', '-y\n'), {maxLength: 12})
const someText = fc.tuple(someLines, fc.constantFrom('', 'end', 'a')).map(([lines, last]) => lines.join('') + last)

describe('a diff', () => {
  test('carried out on the old text makes the new one, and changes no more than has to be', () => {
    fc.assert(
      fc.property(someText, someText, (before, after) => {
        const lines = diff('x', before, after)
        expect(patched(before, lines)).toBe(after)
        const changed = lines.slice(2).filter((line) => /^[-+]/.test(line)).length
        expect(changed).toBe(leastChanges(linesOf(before), linesOf(after)))
      }),
    )
  })

  test('is what git applies', () => {
    const dir = mkdtempSync(join(tmpdir(), 'patrol-diff-'))
    const [before, after] = ['one\ntwo\nthree\nfour', 'one\n2\nthree\nfour\nfive\n']
    writeFileSync(join(dir, 'file.sh'), before)
    writeFileSync(join(dir, 'a.patch'), `${diff('file.sh', before, after).join('\n')}\n`)
    execFileSync('git', ['apply', '--unidiff-zero', 'a.patch'], {cwd: dir})
    expect(readFileSync(join(dir, 'file.sh'), 'utf8')).toBe(after)
    rmSync(dir, {recursive: true})
  })

  test('names the one line that a long file changed', () => {
    const line = (index: number) => `line ${index}\n`
    const before = Array.from({length: 20_000}, (_, index) => line(index)).join('')
    expect(diff('long.sh', before, before.replace('line 700\n', 'line seven hundred\n'))).toEqual([
      '--- a/long.sh',
      '+++ b/long.sh',
      '@@ -701 +701 @@',
      '-line 700',
      '+line seven hundred',
    ])
  })

  test('every line has a sign of its own, so that none is a command to a CI runner', () => {
    const lines = diff('x', '::error::a\n::add-mask::b\n', '::error::b\n')
    for (const text of lines) expect(text).toMatch(/^(?:---|\+\+\+|@@|[-+]::)/)
  })
})
