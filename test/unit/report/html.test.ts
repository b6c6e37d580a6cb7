import {createHash} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {scopeColumns} from '../../../src/report/html/fleet.ts'
import {auditHtml, html} from '../../../src/report/html/index.ts'
import {escaped, markup} from '../../../src/report/html/markup.ts'
import {daysBetween, lasting} from '../../../src/report/html/words.ts'
import {auditFixture} from '../../support/audit-fixture.ts'

const context = {tool: {name: 'patrol', version: '0.0.0'}, rules: [], root: '/nowhere'}

describe('markup', () => {
  test('escapes values, not its own literals or markup put into it', () => {
    const inner = markup`<b>${'<i>'}</b>`
    expect(markup`<p title="${`"'`}">${inner}${['&', inner]}${undefined}${false}${0}</p>`.text).toBe(
      '<p title="&quot;&#39;"><b>&lt;i&gt;</b>&amp;<b>&lt;i&gt;</b>0</p>',
    )
  })

  test('spells out what would turn or break a line', () => {
    expect(escaped('a\u202Eb\nc')).toBe(String.raw`a\u202eb\nc`)
  })
})

describe('the page', () => {
  const report = auditFixture({agents: 20})

  test('allows exactly the script and the style that it carries', () => {
    const page = auditHtml(report, context)
    const hashes = ['style', 'script'].map((tag) => {
      const content = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? ''
      expect(content.length).toBeGreaterThan(1000)
      return `${tag}-src 'sha256-${createHash('sha256').update(content).digest('base64')}'`
    })
    for (const hash of hashes) expect(page).toContain(hash)
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/unsafe-inline|unsafe-eval|<link[^>]+href="http|src="http|@import|url\((?!#)/)
  })

  test('is the same whether made at once or as a format', () => {
    const {agents, finishedAt, unclaimed, unjudged, rotations, runs, summary, ...head} = report
    const writer = html.audit(head, context)
    const text = [writer.start, ...agents.map((each) => writer.agent(each))]
    expect(text.join('') + writer.end({finishedAt, unclaimed, unjudged, rotations, runs, summary})).toBe(
      auditHtml(report, context),
    )
  })
})

describe('columns', () => {
  const [agent] = auditFixture({agents: 1}).agents

  test('a scope that one agent may hold keeps its column; agents of whom nothing is known add none', () => {
    const partly = {
      ...agent!,
      scopes: {'read:issue': 'needed', 'write:admin': 'unknown', 'read:user': 'absent'} as const,
    }
    const silent = {...agent!, scopes: {'read:misc': 'unknown'} as const}
    expect(scopeColumns([partly])).toContain('write:admin')
    expect(scopeColumns([partly])).not.toContain('read:user')
    expect(scopeColumns([silent])).toEqual([])
  })
})

describe('words', () => {
  test('ages are whole days, never negative, and undefined where a time is missing or none', () => {
    expect(daysBetween('2026-11-01T00:00:00Z', '2026-11-22T23:00:00Z')).toBe(21)
    expect(daysBetween('2026-11-23T00:00:00Z', '2026-11-22T00:00:00Z')).toBe(0)
    expect(daysBetween(undefined, '2026-11-22T00:00:00Z')).toBeUndefined()
    expect(daysBetween('soon', '2026-11-22T00:00:00Z')).toBeUndefined()
  })

  test('durations read as one says them', () => {
    const from = '2026-11-22T00:00:00Z'
    expect(lasting(from, '2026-11-22T00:00:41Z')).toBe('41 s')
    expect(lasting(from, '2026-11-22T00:03:20Z')).toBe('3 min 20 s')
    expect(lasting(from, '2026-11-22T02:05:00Z')).toBe('2 h 5 min')
    expect(lasting(from, '2026-11-26T02:00:00Z')).toBe('4 days')
    expect(lasting(from, 'never')).toBe('unknown')
  })
})
