import {execFileSync} from 'node:child_process'
import {mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Writable} from 'node:stream'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {appendReport, parseReportFlag, prepareOutputs, reported} from '../../../src/cli/outputs.ts'
import {OpsError} from '../../../src/errors.ts'
import type {AuditEvent} from '../../../src/fleet/types.ts'
import {FORMAT_NAMES} from '../../../src/report/formats/index.ts'
import {remember} from '../../../src/secret.ts'
import {CONTEXT, eventsOf, hostileReport, render, richReport} from '../../support/audit-report.ts'
import {auditComplaints} from '../../support/documents.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-outputs-'))
})
afterEach(() => rm(directory, {recursive: true}))

const at = (name: string) => join(directory, name)

/** A stdout that remembers. */
function paper() {
  const written: string[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      written.push(chunk.toString())
      done()
    },
  })
  return {stdout, text: () => written.join('')}
}

async function failureOf(work: () => unknown): Promise<OpsError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('--report', () => {
  test.each(FORMAT_NAMES)('%s goes to stdout, and to a file', (format) => {
    expect(parseReportFlag(format)).toEqual({format, path: undefined})
    expect(parseReportFlag(`${format}=-`)).toEqual({format, path: undefined})
    expect(parseReportFlag(`${format}=out/a=b.txt`)).toEqual({format, path: 'out/a=b.txt'})
  })

  test('names the format that a typo meant', async () => {
    const error = await failureOf(() => parseReportFlag('sarfi=out.sarif'))
    expect(error).toMatchObject({code: 'REPORT_INVALID', exit: 2})
    expect(error).toHaveProperty('suggestions', ['did you mean --report sarif=out.sarif?'])
  })

  test.each(['', '=x', 'JSON', 'xlsx', 'json='])('refuses %j', async (text) => {
    expect(await failureOf(() => parseReportFlag(text))).toMatchObject({code: 'REPORT_INVALID', exit: 2})
  })
})

describe('outputs, before the run', () => {
  const prepare = (flags: readonly string[], inputs: readonly string[] = []) =>
    prepareOutputs(flags.map(parseReportFlag), {stdout: paper().stdout, inputs})

  test('stdout can be had once', async () => {
    const error = await failureOf(() => prepare(['table', 'json=-']))
    expect(error).toMatchObject({code: 'REPORT_CONFLICT'})
    expect(error).toHaveProperty('suggestions.0', expect.stringContaining('--report json=patrol.json'))
  })

  test('a path can be had once, by whatever name', async () => {
    await mkdir(at('sub'))
    await symlink(at('sub'), at('link'))
    const twice = [`json=${at('sub/a')}`, `csv=${at('link/../sub/./a')}`]
    expect(await failureOf(() => prepare(twice))).toMatchObject({code: 'REPORT_CONFLICT', exit: 2})
    expect(await failureOf(() => prepare([`json=${at('sub/a')}`, `csv=${at('link/a')}`]))).toMatchObject({
      code: 'REPORT_CONFLICT',
    })
    expect(await readdir(at('sub'))).toEqual([])
  })

  test('a report never takes the place of what the run reads', async () => {
    await writeFile(at('patrol.yaml'), 'fleet')
    const error = await failureOf(() => prepare([`json=${at('patrol.yaml')}`], [at('patrol.yaml')]))
    expect(error.message).toContain('which patrol reads')
    expect(await readFile(at('patrol.yaml'), 'utf8')).toBe('fleet')
  })

  test('an unwritable path is known, and the others leave nothing behind', async () => {
    await writeFile(at('file'), '')
    for (const [path, hint] of [
      [at('no/such/a.json'), `mkdir -p ${at('no/such')}`],
      [at('file/a.json'), `ls -ld ${at('file')}`],
      [directory, `ls -ld ${directory}`],
    ]) {
      const error = await failureOf(() => prepare([`csv=${at('good.csv')}`, `json=${path}`]))
      expect(error).toMatchObject({code: 'REPORT_UNWRITABLE', exit: 2, suggestions: [hint]})
      expect(error.message).toMatch(/Nothing was called\.$/)
    }
    expect(await readdir(directory)).toEqual(['file'])
  })
})

describe('outputs', () => {
  const target = (flag: string) => parseReportFlag(flag)

  test('nothing stands under its name before the end; then the whole does, readable by all', async () => {
    const json = target(`json=${at('a.json')}`)
    await writeFile(at('a.json'), 'of yesterday')
    const outputs = await prepareOutputs([json], {stdout: paper().stdout})
    await outputs.write(json, 'one ')
    await outputs.write(json, 'two')
    expect(await readFile(at('a.json'), 'utf8')).toBe('of yesterday')
    expect(await outputs.commit()).toEqual([at('a.json')])
    expect(await readFile(at('a.json'), 'utf8')).toBe('one two')
    // What the process' umask leaves of 0644.
    expect((await stat(at('a.json'))).mode & 0o777).toBe(0o644 & ~process.umask())
    expect(await readdir(directory)).toEqual(['a.json'])
  })

  test('abort leaves all as it was, and does nothing after the end', async () => {
    const json = target(`json=${at('a.json')}`)
    const first = await prepareOutputs([json], {stdout: paper().stdout})
    await first.write(json, 'half')
    await first.abort()
    expect(await readdir(directory)).toEqual([])
    const second = await prepareOutputs([json], {stdout: paper().stdout})
    await second.commit()
    await second.abort()
    expect(await readdir(directory)).toEqual(['a.json'])
  })

  test('a link stays a link, to the new report', async () => {
    await mkdir(at('real'))
    await writeFile(at('real/a.json'), 'old')
    await symlink(at('real/a.json'), at('a.json'))
    const json = target(`json=${at('a.json')}`)
    const outputs = await prepareOutputs([json], {stdout: paper().stdout})
    await outputs.write(json, 'new')
    await outputs.commit()
    expect(await readFile(at('real/a.json'), 'utf8')).toBe('new')
    expect(await readdir(directory)).toEqual(['a.json', 'real'])
  })

  // A pipe of our own stands for every device: a test that replaced /dev/null would harm the whole machine.
  test.skipIf(process.platform === 'win32')('a pipe is written to, not replaced', async () => {
    execFileSync('mkfifo', [at('pipe')])
    const reading = readFile(at('pipe'), 'utf8')
    const json = target(`json=${at('pipe')}`)
    const outputs = await prepareOutputs([json], {stdout: paper().stdout})
    await outputs.write(json, 'through')
    await outputs.commit()
    expect(await reading).toBe('through')
    expect((await stat(at('pipe'))).isFIFO()).toBe(true)
    expect(await readdir(directory)).toEqual(['pipe'])
  })

  test.skipIf(process.platform === 'win32')('a write that does not succeed is told', async () => {
    execFileSync('mkfifo', [at('pipe')])
    const json = target(`json=${at('pipe')}`)
    const [reader, outputs] = await Promise.all([
      open(at('pipe'), 'r'),
      prepareOutputs([json], {stdout: paper().stdout}),
    ])
    await reader.close()
    expect(await failureOf(() => outputs.write(json, 'x'))).toMatchObject({code: 'FILE_UNUSABLE', exit: 5})
    await outputs.abort()
  })
})

describe('an audit being reported', () => {
  const flags = () => [`json=${at('a.json')}`, 'table', `csv=${at('a.csv')}`, `blob=${at('a.blob')}`]

  async function* told(events: Iterable<AuditEvent>, fail = false): AsyncGenerator<AuditEvent> {
    for (const event of events) {
      if (fail && event.kind === 'tail') throw new OpsError('GITEA_UNREACHABLE', 'No answer.')
      yield event
    }
  }

  test('every report is written from one run, and every event handed on', async () => {
    const {stdout, text} = paper()
    const outputs = await prepareOutputs(flags().map(parseReportFlag), {stdout})
    const seen: string[] = []
    for await (const {kind} of reported(told(eventsOf(richReport())), outputs, () => CONTEXT)) seen.push(kind)
    expect(seen).toEqual(['head', ...Array<string>(7).fill('agent'), 'tail'])
    expect(text()).toBe(await render('table', richReport()))
    for (const name of ['json', 'csv', 'blob'] as const) {
      expect(await readFile(at(`a.${name}`), 'utf8')).toBe(await render(name, richReport()))
    }
  })

  test.each(FORMAT_NAMES)('no part of a secret comes out in %s, whatever the format escapes', async (name) => {
    // Each piece stands between characters that some format escapes, so that a search of the document would miss it.
    const pieces = ['zqxv', 'wkzj', 'qvzx', 'xjqw', 'vzkq', 'jxzw', 'kqvj']
    const value = pieces.join(`"<&'|,*_%]\\`)
    remember(value)
    const {stdout, text} = paper()
    const outputs = await prepareOutputs([parseReportFlag(name)], {stdout})
    for await (const event of reported(told(eventsOf(hostileReport(value))), outputs, () => CONTEXT)) {
      expect(JSON.stringify(event)).not.toMatch(/zqxv/)
    }
    expect(text()).toContain('secret')
    for (const piece of pieces) expect(text()).not.toContain(piece)
  })

  test('a secret that is a key of the document breaks none', async () => {
    remember('fingerprint')
    const {stdout, text} = paper()
    const outputs = await prepareOutputs([parseReportFlag('json')], {stdout})
    for await (const event of reported(told(eventsOf(richReport())), outputs, () => CONTEXT)) void event
    expect(auditComplaints(JSON.parse(text()))).toEqual([])
  })

  test('a run that breaks off leaves no report', async () => {
    const outputs = await prepareOutputs(flags().map(parseReportFlag), {stdout: paper().stdout})
    const run = async () => {
      for await (const event of reported(told(eventsOf(richReport()), true), outputs, () => CONTEXT)) void event
    }
    expect(await failureOf(run)).toMatchObject({code: 'GITEA_UNREACHABLE'})
    expect(await readdir(directory)).toEqual([])
  })

  test('so does one that nobody follows to the end', async () => {
    const outputs = await prepareOutputs(flags().map(parseReportFlag), {stdout: paper().stdout})
    for await (const {kind} of reported(told(eventsOf(richReport())), outputs, () => CONTEXT)) {
      if (kind === 'agent') break
    }
    expect(await readdir(directory)).toEqual([])
  })

  test('series of a removed agent are gone from the metrics file', async () => {
    const write = async (agents: number) => {
      const report = richReport()
      report.agents = report.agents.slice(0, agents)
      const outputs = await prepareOutputs([parseReportFlag(`openmetrics=${at('p.prom')}`)], {stdout: paper().stdout})
      for await (const event of reported(told(eventsOf(report)), outputs, () => CONTEXT)) void event
      return readFile(at('p.prom'), 'utf8')
    }
    expect(await write(7)).toContain('agent="zephyr"')
    expect(await write(6)).not.toContain('zephyr')
  })
})

test('a job summary is added to', async () => {
  await writeFile(at('summary.md'), 'of another step\n')
  await appendReport(at('summary.md'), '## patrol\n')
  expect(await readFile(at('summary.md'), 'utf8')).toBe('of another step\n## patrol\n')
})
