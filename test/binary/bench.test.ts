import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {expect, test} from 'vitest'

const bench = join(import.meta.dirname, '../bench/run.ts')

test('the bench runs, and shows the start-up and the memory of what reads files; how fast that is, is not tested here', async () => {
  const {stdout} = await promisify(execFile)(process.execPath, [bench, '--quick'])
  for (const row of ['node -e 0', 'patrol explain', 'patrol lint'])
    expect(stdout).toMatch(new RegExp(`^${row}.* \\d+\\.\\d\\dx .*median \\d+\\.\\d\\dx \\(.* to .*\\)`, 'm'))
  for (const row of ['lint, scripts', 'infer, scripts', 'infer, logs'])
    expect(stdout).toMatch(new RegExp(`^${row} +\\d+ MB, \\d+ MB +\\d+\\.\\d\\dx`, 'm'))
})
