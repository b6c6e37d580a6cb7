import {globSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {REASONS} from '../../../src/infer/code/api-path.ts'
import {callsInCode, type CodeLanguage} from '../../../src/infer/code.ts'
import {HOLE} from '../../../src/syntax/index.ts'

const corpus = resolve(import.meta.dirname, '../../corpus/code')
const LANGUAGES: readonly CodeLanguage[] = ['shell', 'typescript', 'python', 'go']

/** A file's calls and what was not understood, a line each: `6 GET /user`, `9 ? path`. */
async function told(language: CodeLanguage, file: string): Promise<string[]> {
  const {calls, notUnderstood} = await callsInCode([{language, text: readFileSync(file, 'utf8'), file}])
  const reasons = new Map(Object.entries(REASONS).map(([key, reason]) => [reason as string, key]))
  return [
    ...calls.map(({method, path, source}) => [source.line ?? 0, `${method} ${path.replaceAll(HOLE, '{}')}`] as const),
    ...notUnderstood.map(({reason, source}) => [source.line ?? 0, `? ${reasons.get(reason) ?? reason}`] as const),
  ]
    .toSorted(([a, one], [b, other]) => a - b || (one < other ? -1 : 1))
    .map((entry) => entry.join(' '))
}

describe.each(LANGUAGES)('the corpus of %s', (language) => {
  const files = globSync('*.expected', {cwd: join(corpus, language)}).toSorted()

  test('is there', () => expect(files.length).toBeGreaterThanOrEqual(3))

  test.each(files)('%s', async (labels) => {
    const [file = ''] = globSync(labels.replace('.expected', '.{sh,ts.txt,py,go}'), {cwd: join(corpus, language)})
    const expected = readFileSync(join(corpus, language, labels), 'utf8')
      .trim()
      .split('\n')
    expected.sort((a, b) => Number.parseInt(a) - Number.parseInt(b) || (a < b ? -1 : 1))
    expect(await told(language, join(corpus, language, file))).toEqual(expected)
  })
})
