import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {LINT_RULES} from '../../../src/lint/index.ts'
import {findingsIn, HEX, lineAndRule, linted} from './linting.ts'

const corpus = join(import.meta.dirname, '../../corpus/lint')

function filesOf(folder: string): string[] {
  return globSync(['*', '.gitea/*/*'], {cwd: join(corpus, folder), withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(corpus, folder).length + 1))
    .toSorted()
}

/** The corpus holds no token: one is put in where `@HEX@` stands. */
function textOf(folder: string, file: string): string {
  return readFileSync(join(corpus, folder, file), 'utf8').replaceAll('@HEX@', HEX)
}

function wanted(file: string): string[] {
  return textOf('faulty', `${file}.want`)
    .split('\n')
    .filter((line) => /^\d/.test(line))
}

const faulty = filesOf('faulty').filter((file) => !file.endsWith('.want'))

describe('the labelled corpus', () => {
  test.each(faulty)('every fault of %s is found at its line, and nothing else', async (file) => {
    const {result} = await linted(file, textOf('faulty', file))
    expect(result.findings.map(lineAndRule).toSorted()).toEqual(wanted(file).toSorted())
    expect(result.unread).toEqual([])
  })

  test.each(faulty)('%s with Windows line ends has the same faults', async (file) => {
    const {result} = await linted(file, textOf('faulty', file).replaceAll('\n', '\r\n'))
    expect(result.findings.map(lineAndRule).toSorted()).toEqual(wanted(file).toSorted())
  })

  test.each(filesOf('clean'))('%s is clean', async (file) => {
    const {result} = await linted(file, textOf('clean', file))
    expect(result.findings.map((finding) => `${lineAndRule(finding)}: ${finding.message}`)).toEqual([])
    expect(result.unread).toEqual([])
  })

  test('has a labelled fault for every rule but the inventory’s, which has its own tests', () => {
    const labelled = new Set(faulty.flatMap(wanted).map((line) => line.split(' ')[1]))
    const without = LINT_RULES.map(({id}) => id).filter((id) => !labelled.has(id))
    expect(without).toEqual(['inventory-invalid'])
  })

  test.each(faulty)('what is faulty in %s stands where the finding says', async (file) => {
    const text = textOf('faulty', file)
    const lines = text.split('\n')
    for (const {at, rule, message} of await findingsIn(file, text)) {
      const {start, end, from, to} = at
      const offset = (line: number) => lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0)
      expect([from, to]).toEqual([offset(start.line) + start.column - 1, offset(end.line) + end.column - 1])
      const [, scope] = /^There is no scope "(.*?)"/.exec(message) ?? []
      expect(rule === 'scope-unknown' ? text.slice(from, to) : undefined).toBe(scope)
    }
  })
})

describe('our own texts', () => {
  const root = join(import.meta.dirname, '../../..')
  const texts = globSync(['*.md', 'docs/**/*.{md,yml,yaml}', '.gitea/**/*.yml'], {cwd: root}).toSorted()

  test('are all looked at', () => {
    expect(texts).toEqual(
      expect.arrayContaining(['README.md', 'docs/runbooks/token-scope-gap.md', 'docs/ci/README.md']),
    )
  })

  test.each(texts)('%s is clean', async (file) => {
    const {result} = await linted(file, readFileSync(join(root, file), 'utf8'))
    expect(result.findings.map((finding) => `${lineAndRule(finding)}: ${finding.message}`)).toEqual([])
    expect(result.unread).toEqual([])
  })
})
