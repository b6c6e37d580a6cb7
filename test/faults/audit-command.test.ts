import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parse as parseCsv} from 'csv-parse/sync'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import ReportMerge from '../../src/commands/report/merge.ts'
import type {AuditFinding} from '../../src/fleet/index.ts'
import {FORMAT_NAMES} from '../../src/report/formats/index.ts'
import {typed} from '../commands/harness.ts'
import type {Ended} from '../commands/harness.ts'
import {differences, lineOf, parade, truthLine} from '../support/fleet.ts'
import type {Parade} from '../support/fleet.ts'

const AGENTS = 300
const NOTHING = {wrong: [], absent: []}

let stage: Parade
let dir: string

const at = (name: string): string => join(dir, name)
const read = (name: string): Promise<string> => readFile(at(name), 'utf8')

/** Runs a command against the fleet as a script would. */
function patrol(command: typeof Audit | typeof ReportMerge, args: string[]): Promise<Ended<object>> {
  const env = {PATROL_CONFIG: stage.home.config, PATROL_STATE_DIR: stage.home.state, HOME: dir}
  return typed(command, args, env)
}

/** The findings of a document, in the lines of the truth. */
const lines = (findings: readonly object[] = []): string[] => findings.map((finding) => lineOf({...NOBODY, ...finding}))
const NOBODY: Pick<AuditFinding, 'rule' | 'agent' | 'subject'> = {rule: '', agent: '', subject: {}}

interface SarifResult {
  partialFingerprints: Record<string, string>
}

interface Printed {
  fingerprint: string
}

/** A line of the NDJSON report, which has findings, or of a blob, which has events. */
interface Line {
  findings: Printed[]
  audit?: {findings: Printed[]}
  tail?: {unclaimed: Printed[]}
}

describe.each(['1.22.6', '1.25.4', '1.27.0'] as const)('patrol audit of a generated fleet on Gitea %s', (gitea) => {
  // Below 1.24 nothing tells how old a token is that patrol did not mint, and some profiles limit that.
  const told = gitea === '1.22.6' ? 5 : 3

  beforeAll(async () => {
    stage = await parade({agents: AGENTS, seed: 3, gitea})
    dir = join(stage.home.config, '..')
  })
  afterAll(() => stage.end())
  // A probe is a use: each run is to find the tokens as idle as they were at the start.
  beforeEach(() => {
    stage.fleet.gitea.reset()
    stage.fleet.platform.reset()
  })

  test.each([
    ['listing', 'listing'],
    ['probe', 'probing'],
    ['both', 'both'],
  ] as const)('finds what the truth file says, with --source %s', async (source, truth) => {
    const {exit, document} = await patrol(Audit, ['--source', source, '--json'])
    const {findings} = JSON.parse(await read('truth.json'))[truth]
    expect(differences(lines(document.findings), findings.map(truthLine))).toEqual(NOTHING)
    expect(exit).toBe(source === 'both' ? told : 5)
  })

  test('finds what the truth file says, and asks the agents that are up', async () => {
    const {exit, document} = await patrol(Audit, ['--ask-agents', '--json'])
    const {findings} = JSON.parse(await read('truth.json')).asking
    expect(differences(lines(document.findings), findings.map(truthLine))).toEqual(NOTHING)
    // Some do not say which token they hold.
    expect(exit).toBe(5)
  })

  test('says the same in every format', async () => {
    const reports = FORMAT_NAMES.map((name) => `--report=${name}=${at(`out.${name}`)}`)
    const {exit} = await patrol(Audit, reports)
    const {findings, result, status} = JSON.parse(await read('out.json'))
    const prints = (rows: Printed[]): string[] => rows.map(({fingerprint}) => fingerprint).toSorted()
    const expected = prints(findings)
    const sarif = JSON.parse(await read('out.sarif')).runs[0]
    const csv: (Printed & {status: string})[] = parseCsv(await read('out.csv'), {columns: true})
    const ndjson = jsonLines(await read('out.ndjson'))
    const blob = jsonLines(await read('out.blob'))
    const marked = async (name: string, pattern: RegExp): Promise<string[]> =>
      [...(await read(name)).matchAll(pattern)].map(([, print = '']) => print).toSorted()
    const page = await read('out.html')

    expect([exit, status]).toEqual([told, told])
    expect(new Set(expected).size).toBe(expected.length)
    expect(differences(lines(findings), stage.fleet.truth.both.findings.map(truthLine))).toEqual(NOTHING)
    expect({
      sarif: sarif.results
        .map(({partialFingerprints}: SarifResult) => partialFingerprints['patrolFinding/v1'])
        .toSorted(),
      csv: prints(csv.filter((row) => row.status === 'open')),
      ndjson: prints(ndjson.flatMap((line) => line.findings)),
      blob: prints(blob.flatMap(({audit, tail}) => audit?.findings ?? tail?.unclaimed ?? [])),
      junit: await marked('out.junit', /Fingerprint: ([0-9a-f]{20})/g),
      github: await marked('out.github', /, ([0-9a-f]{20})\)$/gm),
    }).toEqual({sarif: expected, csv: expected, ndjson: expected, blob: expected, junit: expected, github: expected})
    expect(expected.filter((print) => !page.includes(print))).toEqual([])
    expect(
      [...(await read('out.openmetrics')).matchAll(/^patrol_finding\{.*\} (\d+)$/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      ),
    ).toBe(expected.length)
    const {agents, ok, withFindings, unknown, findings: counts} = result.summary
    expect(ok + withFindings + unknown).toBe(agents)
    expect(unknown > 0).toBe(told === 5)
    const total = Object.values<number>(counts).reduce((sum, count) => sum + count, 0)
    expect(total).toBe(expected.length)
    for (const name of ['table', 'markdown']) {
      expect(await read(`out.${name}`)).toMatch(
        new RegExp(`\\b${agents} agents: ${ok} ok, ${withFindings} judged with findings`),
      )
    }
    expect(sarif.invocations[0].exitCode).toBe(told)
    expect(await read('out.openmetrics')).toMatch(new RegExp(`^patrol_audit_exit_code ${told}$`, 'm'))
  })

  test('in eight shards and merged, is the unsharded document byte for byte', async () => {
    await patrol(Audit, [`--report=json=${at('whole.json')}`])
    stage.fleet.gitea.reset()
    const blobs = [1, 2, 3, 4, 5, 6, 7, 8].map((index) => at(`${index}.blob`))
    for (const [index, blob] of blobs.entries())
      await patrol(Audit, [`--shard=${index + 1}/8`, `--report=blob=${blob}`])
    const before = stage.fleet.gitea.requests.length

    const {exit} = await patrol(ReportMerge, [...blobs, `--report=json=${at('merged.json')}`])

    const [whole, merged] = [await read('whole.json'), await read('merged.json')].map((text) => sorted(text))
    expect(exit).toBe(told)
    expect(stage.fleet.gitea.requests).toHaveLength(before)
    expect(merged!.bytes).toBe(whole!.bytes)
    expect(whole!.runs).toHaveLength(1)
    expect(merged!.runs.map(({shard}) => shard)).toEqual(blobs.map((_, place) => ({index: place + 1, count: 8})))
  })
})

function jsonLines(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** A document as bytes, its lists sorted, and apart from them who ran when and how often it asked. */
function sorted(text: string): {bytes: string; runs: {shard: unknown}[]} {
  const document = JSON.parse(text, (_, value: unknown) =>
    Array.isArray(value) ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value,
  )
  const {runs, ...result} = document.result
  return {bytes: JSON.stringify({...document, result}), runs}
}
